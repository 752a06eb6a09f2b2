/** `--augment`: from text to the library's list of transforms. */
import {
  type Augmentation,
  colorJitter,
  cutmix,
  cutout,
  mixup,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  randomRotation,
  randomVerticalFlip,
} from '@lockstep/core';
import { messageOf, UsageError } from './errors.ts';
import { suggestion } from './suggest.ts';

interface Form {
  /** Its short name first, with the values that may follow. */
  readonly form: string;
  /** The function of the library. */
  readonly name: string;
  readonly least: number;
  readonly most: number;
  make(...values: number[]): Augmentation;
}

const forms: readonly Form[] = [
  {
    form: 'crop[:padding]',
    name: 'randomCrop',
    least: 0,
    most: 1,
    make: (padding = 4) => randomCrop({ padding }),
  },
  {
    form: 'flip[:p]',
    name: 'randomHorizontalFlip',
    least: 0,
    most: 1,
    make: (p) => randomHorizontalFlip(given('p', p)),
  },
  {
    form: 'verticalFlip[:p]',
    name: 'randomVerticalFlip',
    least: 0,
    most: 1,
    make: (p) => randomVerticalFlip(given('p', p)),
  },
  {
    form: 'rotation:degrees',
    name: 'randomRotation',
    least: 1,
    most: 1,
    make: (degrees) => randomRotation(degrees!),
  },
  {
    form: 'colorJitter:brightness[:contrast[:saturation]]',
    name: 'colorJitter',
    least: 1,
    most: 3,
    make: (brightness = 0, contrast = 0, saturation = 0) => colorJitter({ brightness, contrast, saturation }),
  },
  { form: 'erasing[:p]', name: 'randomErasing', least: 0, most: 1, make: (p) => randomErasing(given('p', p)) },
  { form: 'cutout:size', name: 'cutout', least: 1, most: 1, make: (size) => cutout({ size: size! }) },
  { form: 'mixup[:alpha]', name: 'mixup', least: 0, most: 1, make: (alpha) => mixup(given('alpha', alpha)) },
  { form: 'cutmix[:alpha]', name: 'cutmix', least: 0, most: 1, make: (alpha) => cutmix(given('alpha', alpha)) },
];

/** The forms of `--augment`, for help. */
export const augmentForms: string = forms.map(({ form }) => form).join(', ');

function given(name: string, value: number | undefined): object {
  return value === undefined ? {} : { [name]: value };
}

function shortName({ form }: Form): string {
  return /^\w+/.exec(form)![0];
}

/**
 * `crop:4,flip,cutout:8` → the transforms in this order, by their short names or the library's (`randomCrop`). A UsageError quotes the option
 * and the part that is wrong.
 */
export function augmentList(option: string): (text: string) => Augmentation[] {
  return (text) => text.split(',').map((part) => transformOf(option, part.trim()));
}

function transformOf(option: string, part: string): Augmentation {
  const [word = '', ...texts] = part.split(':');
  const form = forms.find((known) => word === shortName(known) || word === known.name);
  const example = `For example: ${option} crop:4,flip,cutout:8.`;
  if (!form) {
    const names = forms.flatMap((known) => [shortName(known), known.name]);
    const [expected, got] = [augmentForms, part === '' ? 'nothing' : JSON.stringify(part)];
    throw new UsageError({ where: option, expected, got, hint: suggestion(word, names, example) });
  }
  const wrong = (hint: string, cause?: unknown): UsageError =>
    new UsageError({ where: option, expected: form.form, got: part, hint, cause });
  const values = texts.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  const fits = values.length >= form.least && values.length <= form.most && values.every(Number.isFinite);
  if (!fits) throw wrong(example);
  try {
    return form.make(...values);
  } catch (thrown) {
    throw wrong(`The library says: ${messageOf(thrown)}.`, thrown);
  }
}
