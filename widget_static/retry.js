// Codes that a later try can cure; all others are final. `unreachable` is ours: no answer came at all.
export const RETRY = new Set(["rate_limited", "internal", "storage_unavailable", "unreachable"]);
