/** Colours of the style sheet for canvases, which cannot read its variables by themselves. */

const probe = document.body.appendChild(document.createElement('span'));
probe.hidden = true;
const known = new Map<string, string>();

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => known.clear());

/** What the style sheet gives a variable in light or dark. */
export function color(name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  probe.style.color = `var(${name})`;
  const value = getComputedStyle(probe).color;
  known.set(name, value);
  return value;
}
