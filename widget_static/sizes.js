// The size of a file in words of a language, for visitors and managers alike: 1,024 of each unit are one of the next, as in the
// largest that may be sent.
const KILO = 1024;

export function sizeIn(lang, bytes) {
  const [unit, amount] = bytes < KILO ? ["byte", bytes] : bytes < KILO ** 2 ? ["kilobyte", bytes / KILO] : ["megabyte", bytes / KILO ** 2];
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount);
}
