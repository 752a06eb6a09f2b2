/** What source code may not use where bits are decided, found in the parsed program: the same script may give other values in another engine. */
import { parseSync, Visitor } from 'oxc-parser';

export type Rule = 'math' | 'power' | 'sort' | 'locale' | 'clock' | 'random' | 'collection';

export interface Breach {
  readonly rule: Rule;
  /** From 1. */
  readonly line: number;
  readonly code: string;
}

/** Functions whose result ECMAScript fixes to the bit, and constants. All others are “implementation-approximated”. */
const exactMath: ReadonlySet<string> = new Set([
  ...['abs', 'ceil', 'clz32', 'floor', 'fround', 'imul', 'max', 'min', 'round', 'sign', 'sqrt', 'trunc'],
  ...['E', 'LN10', 'LN2', 'LOG10E', 'LOG2E', 'PI', 'SQRT1_2', 'SQRT2'],
]);

/** Names that stand for something outside of the program. */
const globals: Readonly<Record<string, Rule>> = {
  Date: 'clock',
  performance: 'clock',
  Intl: 'locale',
  FinalizationRegistry: 'collection',
  WeakRef: 'collection',
};

const members: Readonly<Record<string, Rule>> = {
  getRandomValues: 'random',
  randomUUID: 'random',
  localeCompare: 'locale',
};

interface AnyNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Breaches in the order of the lines; throws when the source does not parse. */
export function breaches(file: string, source: string): Breach[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const found: { rule: Rule; node: AnyNode }[] = [];
  const report = (rule: Rule, node: AnyNode): void => {
    found.push({ rule, node });
  };
  /** Identifiers that are names of members, not values, and uses of Math that are in order. */
  const harmless = new Set<unknown>();
  new Visitor({
    MemberExpression(node) {
      const { object, property, computed } = node;
      const name = computed ? undefined : (property as { name: string }).name;
      if (!computed) harmless.add(property);
      if (object.type === 'Identifier' && object.name === 'Math') {
        harmless.add(object);
        if (name === undefined || !exactMath.has(name)) report(name === 'random' ? 'random' : 'math', node);
      }
      if (object.type === 'Identifier' && object.name === 'globalThis' && name !== undefined) {
        const rule = name === 'Math' ? 'math' : globals[name];
        if (rule) report(rule, node);
      }
      const rule = name?.startsWith('toLocale')
        ? 'locale'
        : name && Object.hasOwn(members, name)
          ? members[name]
          : undefined;
      if (rule) report(rule, node);
    },
    CallExpression(node) {
      const { callee } = node;
      if (callee.type !== 'MemberExpression' || callee.computed || node.arguments.length > 0) return;
      if (['sort', 'toSorted'].includes((callee.property as { name: string }).name)) report('sort', node);
    },
    BinaryExpression(node) {
      if (node.operator === '**' && !isExactPower(node.left, node.right)) report('power', node);
    },
    AssignmentExpression(node) {
      if (node.operator === '**=') report('power', node);
    },
    Property(node) {
      if (!node.computed) harmless.add(node.key);
    },
    PropertyDefinition: (node) => void (node.computed || harmless.add(node.key)),
    MethodDefinition: (node) => void (node.computed || harmless.add(node.key)),
    TSPropertySignature: (node) => void (node.computed || harmless.add(node.key)),
    TSMethodSignature: (node) => void (node.computed || harmless.add(node.key)),
    TSTypeReference: (node) => void harmless.add(node.typeName),
    // After its surroundings, which have said whether it is a value.
    Identifier(node) {
      if (harmless.has(node)) return;
      const rule = node.name === 'Math' ? 'math' : Object.hasOwn(globals, node.name) ? globals[node.name] : undefined;
      if (rule) report(rule, node);
    },
  }).visit(program);
  return found.map(({ rule, node }) => ({
    rule,
    line: source.slice(0, node.start).split('\n').length,
    code: source.slice(node.start, node.end),
  }));
}

/** 2 to a written whole number, and any power of a BigInt: every engine gives the exact power. */
function isExactPower(base: AnyNode, exponent: AnyNode): boolean {
  const positive =
    exponent.type === 'UnaryExpression' ? (exponent as AnyNode & { argument: AnyNode }).argument : exponent;
  if (typeof valueOf(base) === 'bigint') return true;
  return valueOf(base) === 2 && Number.isInteger(valueOf(positive));
}

function valueOf(node: AnyNode): unknown {
  return node.type === 'Literal' ? (node as AnyNode & { value: unknown }).value : undefined;
}
