/** Numbers for people. */

const thinSpace = '\u202f';

/** 361034 → 361 034. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, thinSpace);
}

/** 0.98765 → 98.77 %. */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** 10679040 → 10.7 M; units of 1000. */
export function scaled(value: number, unit = ''): string {
  return scaledBy(value, { step: 1000, names: ['', 'k', 'M', 'G', 'T'], unit });
}

/** 1474560 → 1.41 MiB; units of 1024. */
export function bytes(value: number): string {
  return scaledBy(value, { step: 1024, names: ['', 'Ki', 'Mi', 'Gi', 'Ti'], unit: 'B' });
}

/** 95 → 1:35. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (part: number): string => String(part).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function scaledBy(value: number, scale: { step: number; names: readonly string[]; unit: string }): string {
  let power = 0;
  let rest = value;
  for (; rest >= scale.step && power < scale.names.length - 1; power++) rest /= scale.step;
  const digits = power === 0 || rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${scale.names[power]}${scale.unit}`.trim();
}
