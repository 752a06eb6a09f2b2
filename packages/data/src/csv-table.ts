/** A table of numbers and classes, row by row, and what training makes of it: two splits, standardised by the first. */
import { DataError, quoted, shortened } from './data-error.ts';
import { type FeatureDataset, limitedCount } from './dataset.ts';
import { type AllocateBytes, allocateFloat32, allocateInt32, allocateShared } from './storage.ts';

/** Features f64 [rows][columns], and the class of each row. */
export interface FeatureTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly features: Float64Array;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

export interface SplitOptions {
  /** Whether a row is of the test split. */
  readonly isTest: (row: number) => boolean;
  /** The first N rows of a split. */
  readonly limit?: { readonly train?: number | undefined; readonly test?: number | undefined };
  readonly allocate?: AllocateBytes;
}

/** Values of a table at most: 2 GiB while they are read. */
const mostValues = 2 ** 28;
const mostClasses = 10_000;

/** A decimal number as data files write it. Each character can be read in one way only, so that a long field takes linear time. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Characters of a class's name. */
const longestLabel = 1024;
const missing: readonly string[] = ['', 'na', 'n/a', 'nan', 'null', 'none', '?'];

/** Collects rows of text. */
export class TableBuilder {
  readonly #where: string;
  readonly #columns: readonly string[];
  readonly #label: number;
  /** In the order in which they come. */
  readonly #classes = new Map<string, number>();
  readonly #labels: number[] = [];
  #values: Float64Array = new Float64Array(1024);
  #count = 0;

  /** `label`: the index of the column of classes among all. */
  constructor(where: string, columns: readonly string[], label: number) {
    this.#where = where;
    this.#columns = columns;
    this.#label = label;
  }

  /** `line`: of the file, from 1. A DataError names the line and the column of what is no number. */
  add(fields: readonly string[], line: number): void {
    if (fields.length !== this.#columns.length)
      throw this.#error(
        line,
        `${this.#columns.length} fields`,
        String(fields.length),
        'Quote fields that hold the delimiter.',
      );
    fields.forEach((field, column) => {
      const text = field.trim();
      if (column === this.#label) this.#addLabel(text, line);
      else this.#push(this.#number(text, line, column));
    });
  }

  /** @throws DataError for a table without rows or without features. */
  finish(name: string): FeatureTable {
    const rows = this.#labels.length;
    const columns = this.#columns.filter((_, column) => column !== this.#label);
    const hint = 'A table needs rows of at least one number and a class.';
    if (rows === 0) throw this.#error(undefined, 'at least one row', 'none', hint);
    if (columns.length === 0) throw this.#error(undefined, 'a column beside the label', 'none', hint);
    const classes = sortedClasses([...this.#classes.keys()]);
    const numbers = new Map(classes.map((label, i) => [label, i]));
    const places = Array.from(this.#classes.keys(), (label) => numbers.get(label)!);
    const labels = Int32Array.from(this.#labels, (label) => places[label]!);
    return { name, columns, rows, features: this.#values.slice(0, this.#count), labels, classes };
  }

  #addLabel(text: string, line: number): void {
    if (missing.includes(text.toLowerCase())) throw this.#missing(text, line, this.#label, 'a class');
    if (text.length > longestLabel)
      throw this.#error(
        line,
        `a class of at most ${longestLabel} characters`,
        quoted(text),
        'Is it a column of texts?',
      );
    if (this.#labels.length === mostValues)
      throw this.#error(undefined, `at most ${mostValues} rows`, 'more', 'Read it in parts.');
    const known = this.#classes.get(text) ?? this.#classes.size;
    if (known === mostClasses)
      throw this.#error(
        undefined,
        `at most ${mostClasses} classes in ${this.#nameOf(this.#label)}`,
        'more',
        'Is it a column of numbers? Numbers are predicted with tensorDataset and a loss such as mseLoss.',
      );
    this.#classes.set(text, known);
    this.#labels.push(known);
  }

  #number(text: string, line: number, column: number): number {
    const value = Number(text);
    if (decimal.test(text) && Number.isFinite(Math.fround(value))) return value;
    if (missing.includes(text.toLowerCase())) throw this.#missing(text, line, column, 'a number');
    throw this.#error(
      line,
      `a number in ${this.#nameOf(column)}`,
      quoted(text),
      'Write categories as numbers first, a column of 0 and 1 for each.',
    );
  }

  #push(value: number): void {
    if (this.#count === this.#values.length) {
      if (this.#count >= mostValues)
        throw this.#error(undefined, `at most ${mostValues} values`, 'more', 'Read it in parts.');
      const grown = new Float64Array(Math.min(2 * this.#count, mostValues));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = value;
  }

  #nameOf(column: number): string {
    return shortened(this.#columns[column]!);
  }

  #missing(text: string, line: number, column: number, expected: string): DataError {
    const got = text === '' ? 'an empty field' : `a missing value (${text})`;
    return this.#error(line, `${expected} in ${this.#nameOf(column)}`, got, 'Fill it in or leave the row out.');
  }

  #error(line: number | undefined, expected: string, got: string, hint: string): DataError {
    return new DataError({
      where: line === undefined ? this.#where : `${this.#where}, line ${line}`,
      expected,
      got,
      hint,
    });
  }
}

/** Numbers by their value if all of them are, else by their characters' codes. */
function sortedClasses(classes: string[]): string[] {
  if (classes.every((label) => decimal.test(label)))
    return classes.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  return classes.sort();
}

export interface StandardizedSplits {
  readonly train: FeatureDataset;
  readonly test: FeatureDataset;
  /** Of each column over the training split; std is 1 for a column that is constant there. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * (value − mean) ÷ std of each column, mean and standard deviation (of the population) over all rows of the training split, in f64, then f32.
 * @throws DataError for a split without rows.
 */
export function standardizedSplits(table: FeatureTable, options: SplitOptions): StandardizedSplits {
  const { isTest, limit = {}, allocate = allocateShared } = options;
  const { columns, rows, features, name, classes } = table;
  const width = columns.length;
  const [training, testing]: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) (isTest(row) ? testing : training).push(row);
  const column = (of: readonly number[], c: number, value: (v: number) => number): number =>
    of.reduce((sum, row) => sum + value(features[row * width + c]!), 0) / of.length;
  const mean = columns.map((_, c) => column(training, c, (v) => v));
  const std = columns.map((_, c) => Math.sqrt(column(training, c, (v) => (v - mean[c]!) * (v - mean[c]!))) || 1);
  const split = (all: readonly number[], kind: 'train' | 'test'): FeatureDataset => {
    if (all.length === 0)
      throw new DataError({
        where: name,
        expected: `rows for the ${kind} split`,
        got: `${rows} rows in all`,
        hint: 'Give more rows.',
      });
    const count = limitedCount(all.length, limit[kind]);
    const out = allocateFloat32(allocate, count * width);
    const labels = allocateInt32(allocate, count);
    all.slice(0, count).forEach((row, place) => {
      labels[place] = table.labels[row]!;
      for (let c = 0; c < width; c++) out[place * width + c] = (features[row * width + c]! - mean[c]!) / std[c]!;
    });
    return { name, features: out, labels, count, shape: [width], classes };
  };
  return { train: split(training, 'train'), test: split(testing, 'test'), mean, std };
}
