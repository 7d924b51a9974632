// Values inside nested objects and lists, named by paths like "settings/look/color".

export const at = (object, path) => path.split("/").reduce((value, key) => value?.[key], object);

/** A copy with another value at the path; undefined takes the key away. */
export function changed(object, path, value) {
  const [key, ...rest] = path.split("/");
  const copy = Array.isArray(object) ? [...object] : { ...object };
  if (rest.length) copy[key] = changed(copy[key] ?? {}, rest.join("/"), value);
  else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}

/** The server's `fields`, nested as what was sent, by path: the first text each. */
export function flat(fields, prefix = "") {
  return Object.entries(fields).reduce((found, [key, value]) => {
    if (Array.isArray(value) || typeof value === "string") return { ...found, [prefix + key]: String([value].flat()[0]) };
    return { ...found, ...flat(value, `${prefix}${key}/`) };
  }, {});
}
