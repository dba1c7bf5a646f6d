import { formatDuration } from '../../core/index.ts'
import { bar } from '../output/bar.ts'
import { clean } from '../output/clean.ts'
import { table } from '../output/table.ts'

/** One input's answer, as JSON or as the text that it was. */
export interface Answered {
  readonly input: string
  readonly ms: number
  readonly answer: unknown
}

type Members = Readonly<Record<string, unknown>>

const BAR_WIDTH = 24
/** Values of a tensor that are shown. */
const SHOWN = 8
/** Rows of one answer that are shown. */
const MAX_ROWS = 200

/** For a terminal: an answer with its best classes as bars, several as a table. */
export function describeAnswers(all: readonly Answered[], unicode: boolean): string {
  const [only] = all
  const examples = all.flatMap(each => examplesOf(each.answer).map((example, i) => ({ ...each, example, i })))
  if (only !== undefined && examples.length === 1) return describeOne(only, examples[0]!.example, unicode)
  const numbered = all.length !== examples.length
  const rows = examples
    .slice(0, MAX_ROWS)
    .map(({ input, ms, example, i }) => [
      clean(numbered ? `${input}:${i + 1}` : input),
      ...cellsOf(example),
      numbered ? '' : formatDuration(ms),
    ])
  const more = examples.length - rows.length
  const tail = more > 0 ? [`… and ${more} more; --json shows all`] : []
  const times = numbered ? all.map(({ input, ms }) => `${clean(input)}: ${formatDuration(ms)}`) : []
  return [table(['INPUT', 'ANSWER', 'SCORE', ...(numbered ? [] : ['TIME'])], rows), ...tail, ...times].join(
    '\n',
  )
}

function describeOne({ input, ms, answer }: Answered, example: Members, unicode: boolean): string {
  const top = topOf(example)
  const head = [servedBy(answer), clean(input), formatDuration(ms)].filter(text => text !== '').join('  ')
  if (top.length === 0) return [...linesOf(example), '', head].join('\n')
  const rows = top.map(({ label, score }) => [
    clean(label),
    percent(score).padStart(8),
    bar(score, BAR_WIDTH, unicode),
  ])
  const [, ...lines] = table(['', '', ''], rows).split('\n')
  return [...lines, '', head].join('\n')
}

/** The examples of an answer: of the plain protocol, or whatever the other protocols give. */
function examplesOf(answer: unknown): readonly Members[] {
  if (!isMembers(answer)) return [{ value: answer }]
  const { predictions } = answer
  if (Array.isArray(predictions)) return predictions.map(each => (isMembers(each) ? each : { value: each }))
  return [answer]
}

interface Scored {
  readonly label: string
  readonly score: number
}

function topOf({ label, score, top }: Members): readonly Scored[] {
  const scored = (Array.isArray(top) ? top : []).flatMap((each): Scored[] => {
    if (!isMembers(each) || typeof each['score'] !== 'number') return []
    return [{ label: String(each['label'] ?? each['index'] ?? ''), score: each['score'] }]
  })
  if (scored.length > 0 || label === undefined || typeof score !== 'number') return scored
  return [{ label: String(label), score }]
}

/** What it says, and how sure it is. */
function cellsOf(example: Members): readonly [answer: string, score: string] {
  const { label, labels, score } = example
  const name = label ?? (Array.isArray(labels) ? labels.map(each => labelOf(each)).join(', ') : undefined)
  if (name !== undefined) return [clean(String(name)), typeof score === 'number' ? percent(score) : '']
  return [clean(linesOf(example).join('; ')), '']
}

function labelOf(each: unknown): string {
  return isMembers(each) ? String(each['label'] ?? each['index'] ?? '') : String(each)
}

function linesOf(example: Members): readonly string[] {
  if (Array.isArray(example['outputs'])) return example['outputs'].flatMap(tensorLine)
  if (example['label'] !== undefined) return [clean(String(example['label']))]
  if (Array.isArray(example['values'])) return [shortened(example['values'])]
  if (isMembers(example['values'])) return pairLines(example['values'])
  if (Array.isArray(example['data'])) return tensorLine({ name: '', datatype: example['dtype'], ...example })
  const { model: _, version: __, ...rest } = example
  return pairLines(rest)
}

function pairLines(members: Members): readonly string[] {
  return Object.entries(members).map(([name, value]) => `${clean(name)}  ${clean(shown(value))}`)
}

function tensorLine(output: unknown): readonly string[] {
  if (!isMembers(output)) return []
  const { name = '', datatype = '', shape, data } = output
  const size = Array.isArray(shape) ? `[${shape.join(', ')}]` : ''
  return [clean(`${name} ${datatype}${size}  ${Array.isArray(data) ? shortened(data) : ''}`)]
}

function shortened(values: readonly unknown[]): string {
  const flat = values.flat(Number.POSITIVE_INFINITY)
  const words = flat.slice(0, SHOWN).map(shown).join('  ')
  return flat.length > SHOWN ? `${words}  … ${flat.length} values` : words
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(6)))
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function servedBy(answer: unknown): string {
  if (!isMembers(answer)) return ''
  const model = answer['model'] ?? answer['model_name']
  const version = answer['version'] ?? answer['model_version']
  if (typeof model !== 'string') return ''
  return clean(version === undefined ? model : `${model} ${String(version)}`)
}

function percent(score: number): string {
  return `${(score * 100).toFixed(2)} %`
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
