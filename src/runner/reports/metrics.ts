import { MAX_METRICS, type Metric } from '../../api/index.ts'

/** Of one line: a name with labels. */
const MAX_NAME = 400

/**
 * Figures of a metrics report: OpenMetrics text, `name{labels} value [time]` on each line. Lines that are none,
 * comments and values that are no finite number are passed over. Of a name that is given twice the last counts.
 */
export function parseMetrics(text: string): readonly Metric[] {
  const metrics = new Map<string, number>()
  for (const line of text.split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const metric = metricIn(trimmed)
    if (metric && (metrics.has(metric.name) || metrics.size < MAX_METRICS))
      metrics.set(metric.name, metric.value)
  }
  return Array.from(metrics, ([name, value]) => ({ name, value }))
}

function metricIn(line: string): Metric | undefined {
  const end = nameEnd(line)
  if (end === undefined || end > MAX_NAME) return undefined
  const [value, time, ...more] = line.slice(end).trim().split(/\s+/)
  if (!value || more.length > 0 || (time !== undefined && !isNumber(time))) return undefined
  return isNumber(value) ? { name: line.slice(0, end), value: Number(value) } : undefined
}

/** Where the name and its labels end; a label's value is quoted and may hold anything. */
function nameEnd(line: string): number | undefined {
  const name = /^[A-Za-z_:][\w:.-]*/.exec(line)?.[0].length
  if (name === undefined || line[name] !== '{') return name
  let quoted = false
  for (let i = name + 1; i < line.length; i++) {
    const character = line[i]
    if (quoted && character === '\\') i++
    else if (character === '"') quoted = !quoted
    else if (character === '}' && !quoted) return i + 1
  }
  return undefined
}

function isNumber(text: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
}
