/** PyTorch's names of parameters and modules, from the names of fields. */

/** `inProjWeight` → `in_proj_weight`. */
export function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
