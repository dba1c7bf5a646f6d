import type { OnnxGraph, OnnxTensorType } from '../../formats/index.ts'
import { DEFAULT_THRESHOLD, type ModelConfig, SUM_TOLERANCE, TOP_CLASSES } from '../../model/index.ts'
import { OptimizeError } from '../errors.ts'
import type { Tools } from './pixels.ts'

type Rules = Pick<ModelConfig, 'task' | 'labels' | 'answer' | 'output'>

/**
 * Nodes behind a classifier's graph, and the outputs that they give: `scores` float32 [N, C]; the best ones as
 * `top_scores` [N, k], `top_classes` int64 [N, k] and `top_labels`; `class` [N] and `label`, or `chosen` bool [N, C]
 * of many. Empty for other tasks. Throws OPTIMIZE_UNSUPPORTED.
 */
export function answersBehind(tools: Tools, graph: OnnxGraph, rules: Rules): readonly OnnxTensorType[] {
  if (rules.task === 'generic' || rules.task === 'regression') return []
  const output = outputOf(graph, rules.output)
  if (output.dtype === 'string') return []
  const count = classesOf(output, rules)
  const batch = (output.shape?.length ?? 2) > 1 ? (output.shape?.[0] ?? 'N') : 1
  const outputs = new Outputs(tools, graph, batch)
  if (output.dtype.startsWith('int') || output.dtype.startsWith('uint')) {
    if (count === 1) named(tools, output, rules, outputs)
    return outputs.all
  }
  const values = rowsOf(tools, output, count)
  const scores = scoresOf(tools, values, count, rules)
  const classes = Math.max(count, 2)
  const many = rules.answer?.classes === 'many'
  outputs.add('scores', 'float32', scores, [many ? count : classes])
  top(tools, scores, count > 1 ? values : scores, many ? count : classes, rules, outputs)
  return outputs.all
}

function outputOf({ outputs }: OnnxGraph, wanted: string | undefined): OnnxTensorType {
  const found = wanted === undefined ? outputs[0] : outputs.find(({ name }) => name === wanted)
  if (found) return found
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `The model has no output ${wanted ?? 'at all'}; it has ${outputs.map(({ name }) => name).join(', ')}`,
    hint: 'Name one of them as model.output in ballast.yaml.',
  })
}

function classesOf({ name, shape = [] }: OnnxTensorType, { labels }: Rules): number {
  const axes = shape.length > 1 ? shape.slice(1) : shape
  const known = axes.every(size => typeof size === 'number')
  if (known && axes.length > 0) return axes.reduce((product, size) => product * size, 1)
  if (labels.length > 0) return labels.length
  throw new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `How many classes the output ${name} has is not said`,
    hint: 'Add model.labels to ballast.yaml.',
  })
}

/** The values of each example in a row, float32. */
function rowsOf({ builder }: Tools, { name, dtype }: OnnxTensorType, count: number): string {
  const floats = dtype === 'float32' ? name : builder.cast(name, 'float32')
  return builder.op('Reshape', [floats, builder.int64([-1, count])])
}

/** As model/scores.ts: by the rule, or by what the values look like. */
function scoresOf({ builder }: Tools, values: string, count: number, { answer = {} }: Rules): string {
  const rule = answer.scores ?? 'auto'
  if (answer.classes === 'many') return rule === 'sigmoid' ? builder.op('Sigmoid', [values]) : values
  const [zero, one] = [builder.float32([0], []), builder.float32([1], [])]
  if (count === 1) {
    const sigmoid = builder.op('Sigmoid', [values])
    const fits = (): string =>
      builder.op('And', [
        builder.op('GreaterOrEqual', [values, zero]),
        builder.op('LessOrEqual', [values, one]),
      ])
    const p =
      rule === 'none' ? values : rule === 'auto' ? builder.op('Where', [fits(), values, sigmoid]) : sigmoid
    return builder.op('Concat', [builder.op('Sub', [one, p]), p], { axis: 1 })
  }
  if (rule === 'none') return values
  if (rule === 'sigmoid') return builder.op('Sigmoid', [values])
  const softmax = builder.op('Softmax', [values], { axis: -1 })
  if (rule === 'softmax') return softmax
  const axis = builder.int64([1])
  const reduced = (op: string, value: string): string => builder.op(op, [value, axis], { keepdims: 1 })
  const tolerance = builder.float32([SUM_TOLERANCE], [])
  const off = builder.op('Abs', [builder.op('Sub', [reduced('ReduceSum', values), one])])
  const tests = [
    builder.op('GreaterOrEqual', [reduced('ReduceMin', values), zero]),
    builder.op('LessOrEqual', [reduced('ReduceMax', values), builder.float32([1 + SUM_TOLERANCE], [])]),
    builder.op('LessOrEqual', [off, tolerance]),
  ]
  const probabilities = tests.reduce((all, test) => builder.op('And', [all, test]))
  return builder.op('Where', [probabilities, values, softmax])
}

function top(
  { builder }: Tools,
  scores: string,
  order: string,
  count: number,
  { answer = {}, labels }: Rules,
  outputs: Outputs,
): void {
  const k = Math.min(answer.topK ?? TOP_CLASSES, count)
  const [, best = ''] = builder.ops('TopK', [order, builder.int64([k])], 2, { axis: 1 })
  outputs.add('top_scores', 'float32', builder.op('GatherElements', [scores, best], { axis: 1 }), [k])
  outputs.add('top_classes', 'int64', best, [k])
  const named = labels.length > 0 ? builder.texts(labels) : undefined
  if (named) outputs.add('top_labels', 'string', builder.op('Gather', [named, best]), [k])
  const { threshold = DEFAULT_THRESHOLD } = answer
  const atLeast = (value: string): string =>
    builder.op('GreaterOrEqual', [value, builder.float32([threshold], [])])
  if (answer.classes === 'many') {
    outputs.add('chosen', 'bool', atLeast(scores), [count])
    return
  }
  const column = (value: string, at: number): string =>
    builder.op('Gather', [value, builder.int64([at], [])], { axis: 1 })
  const winner =
    answer.threshold === undefined ? column(best, 0) : builder.cast(atLeast(column(scores, 1)), 'int64')
  outputs.add('class', 'int64', winner, [])
  if (named) outputs.add('label', 'string', builder.op('Gather', [named, winner]), [])
}

/** A model that names the class itself. */
function named({ builder }: Tools, { name }: OnnxTensorType, { labels }: Rules, outputs: Outputs): void {
  if (labels.length === 0) return
  const index = builder.op('Reshape', [builder.cast(name, 'int64'), builder.int64([-1])])
  outputs.add('label', 'string', builder.op('Gather', [builder.texts(labels), index]), [])
}

/** Outputs under names that the graph does not have. */
class Outputs {
  readonly all: OnnxTensorType[] = []
  readonly #tools: Tools
  readonly #batch: number | string
  readonly #taken: ReadonlySet<string>

  constructor(tools: Tools, { outputs }: OnnxGraph, batch: number | string) {
    this.#tools = tools
    this.#batch = batch
    this.#taken = new Set(outputs.map(({ name }) => name))
  }

  add(wanted: string, dtype: OnnxTensorType['dtype'], value: string, axes: readonly number[]): void {
    // freshNames knows inner names too: an output of the model keeps its own.
    const name = this.#tools.builder.fresh(this.#taken.has(wanted) ? `answer_${wanted}` : wanted)
    this.#tools.builder.named(name, 'Identity', [value])
    this.all.push({ name, dtype, shape: [this.#batch, ...axes] })
  }
}
