// The size of a file in words, as people count it who may send 10 MB.
const KILO = 1024;

export function sizeIn(lang, bytes) {
  const [unit, amount] = bytes < KILO ? ["byte", bytes] : bytes < KILO ** 2 ? ["kilobyte", bytes / KILO] : ["megabyte", bytes / KILO ** 2];
  return new Intl.NumberFormat(lang, { style: "unit", unit, maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount);
}
