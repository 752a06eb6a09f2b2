/** PNG files → 8-bit pixels, for sprites; fast-png decodes, and every checksum is checked. */
import { decode } from 'fast-png';
import { DataError, messageOf } from '../data-error.ts';

export interface Pixels {
  /** [height, width, channels], interleaved. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
}

/** A DataError naming `where` for a corrupt or cut file, and for palettes and other depths than 8 bits. */
export function decodePng(bytes: Uint8Array, { where }: { readonly where: string }): Pixels {
  const png = decoded(bytes, where);
  const { data, width, height, channels, depth } = png;
  if (data instanceof Uint8Array && depth === 8 && !png.palette) return { data, width, height, channels };
  throw new DataError({
    where,
    expected: 'a PNG image of 8-bit grey, RGB or RGBA pixels',
    got: png.palette ? 'a palette image' : `${depth}-bit pixels`,
    hint: 'Save it again in that form.',
  });
}

function decoded(bytes: Uint8Array, where: string): ReturnType<typeof decode> {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (cause) {
    throw new DataError({
      where,
      expected: 'a whole PNG image',
      got: `${bytes.length} bytes that do not decode (${messageOf(cause)})`,
      hint: 'Fetch the file again.',
      cause,
    });
  }
}
