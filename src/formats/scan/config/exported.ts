import { isObject, type Json, member } from '../../keras/config/json.ts'
import { dangerOf } from '../pickle/dangers.ts'
import { operatorFault } from '../torchscript/operators.ts'
import type { ScanSink } from '../types.ts'

/** An operator, or one of its overloads. */
const OPERATOR = /^torch\.ops\.(\w+)\.(\w+)(?:\.\w+)?$/
/** Of Python's `operator` and `math`: functions of numbers. */
const NUMBERS =
  /^(?:_operator|operator)\.(?:i?(?:add|sub|mul|floordiv|truediv|mod|pow|and_|or_|xor|lshift|rshift)|neg|pos|abs|not_|inv|invert|eq|ne|lt|le|gt|ge|getitem|index|is_|is_not|truth)$|^math\.(?:ceil|floor|trunc|sqrt|cos|cosh|sin|sinh|tan|tanh|asin|acos|atan|exp|log|log2|log10|pow|fabs)$/
const SYMBOLS = /^torch\.(?:sym_\w+|_sym_\w+|_check\w*|_assert\w*)$|^builtins\.(?:abs|max|min|round|pow)$/
/** What sympy and torch's own functions are named in the expressions of shapes. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'Symbol Integer Rational Float Mul Add Pow Mod Max Min Abs And Or Not Eq Ne Lt Le Gt Ge Equality Unequality ' +
    'StrictLessThan LessThan StrictGreaterThan GreaterThan Relational Piecewise ExprCondPair Tuple floor ceiling sqrt ' +
    'log exp sign FloorDiv ModularIndexing Where PythonMod CMod CleanDiv CeilToInt FloorToInt CeilDiv LShift RShift ' +
    'PowByNatural FloatPow FloatTrueDiv IntTrueDiv TruncToFloat TruncToInt RoundToInt RoundDecimal ToFloat Identity ' +
    'IsNonOverlappingAndDenseIndicator OpaqueUnaryFn_sqrt OpaqueUnaryFn_exp OpaqueUnaryFn_log OpaqueUnaryFn_log2 ' +
    'BitwiseFn_bitwise_and BitwiseFn_bitwise_or BitwiseFn_bitwise_xor'
  ).split(' '),
)

/** Whether JSON is a program of torch.export, or the archive's member that holds one. */
export function isExportedProgram(config: Json): boolean {
  if (!isObject(config)) return false
  const program = member(config, 'graph_module') ?? member(config, 'exported_program')
  return isObject(program)
}

/**
 * What torch.export's loader takes by name from `torch`, `_operator` and `math` (`deserialize_operator` walks through
 * attributes, so `torch.serialization.os.system` is reached as well), and the expressions that it gives to sympy,
 * which evaluates them as Python.
 */
export function scanExportedMember(name: string, value: string, sink: Pick<ScanSink, 'add'>): void {
  if (name === 'target' || name === 'as_operator') reportTarget(name, value, sink)
  else if (name === 'expr_str') expression(value, sink)
}

/** Judges what a node of an exported program calls. */
export function reportTarget(key: string, value: string, sink: Pick<ScanSink, 'add'>): void {
  // Outputs and metadata name values of the graph: without a dot nothing is looked up.
  if (/^\w*$/.test(value) || NUMBERS.test(value) || SYMBOLS.test(value)) return
  const operator = OPERATOR.exec(value)
  const fault = operator ? operatorFault(operator[1]!, operator[2]!) : 'unknown'
  if (!fault) return
  const dot = value.lastIndexOf('.')
  const danger = operator ? undefined : dangerOf(value.slice(0, Math.max(0, dot)), value.slice(dot + 1))
  const outside = fault === 'outside' || danger !== undefined
  sink.add({
    rule: 'torchscript/operator',
    level: outside ? 'unsafe' : 'unknown',
    what: `${value.slice(0, 200)} is called${danger ? `, which ${danger.does}` : fault === 'outside' ? ', which acts outside the model' : '; no rule vouches for it'}`,
    at: { key },
  })
}

function expression(value: string, sink: Pick<ScanSink, 'add'>): void {
  const plain = value.replace(/'\w*'/g, '0')
  const code = /[^\w\s+\-*/%(),.=<>!&|~]/.test(plain) || /__|\.\s*[A-Za-z_]/.test(plain)
  const strange = [...plain.matchAll(/([A-Za-z_]\w*)\s*\(/g)].find(([, name]) => !FUNCTIONS.has(name!))
  if (!code && !strange) return
  sink.add({
    rule: 'torchscript/expression',
    level: code ? 'unsafe' : 'unknown',
    what: `the expression '${value.slice(0, 200)}' is evaluated as Python`,
    at: { key: 'expr_str' },
  })
}
