import {
  CoreError,
  type Fraction,
  type Location,
  nearestName,
  parseDuration,
  parsePercent,
  parseSize,
} from '../../core/index.ts'
import { EvaluateError } from '../errors.ts'
import { type Comparison, type Gate, METRICS, type MetricName } from '../types.ts'
import { higherIsBetter, isMetric, unitOf } from './units.ts'

/** Two-sided confidence of a comparison's interval where the author names none. */
export const DEFAULT_CONFIDENCE: Fraction = 0.95

const FORMS = "'accuracy >= 0.97' or 'accuracy non_inferior 0.005 versus production'"

/**
 * One gate of the gate language:
 *
 *   accuracy >= 0.97 · accuracy >= 97% · latency_p99 <= 5 ms · size <= 5 MB
 *   accuracy non_inferior 0.005 versus production [at 95%]
 *
 * A margin is in the metric's own unit: `0.005` or `0.5%` of accuracy are half a percentage point.
 * Throws GATE_INVALID with what was expected, what was found, and the nearest metric.
 */
export function parseGate(text: string, at?: Location): Gate {
  const words = /^\s*([A-Za-z_][\w.-]*)\s*(.*?)\s*$/s.exec(text)
  if (!words) throw invalid(text, `a gate such as ${FORMS}`, text.trim() || 'nothing')
  const metric = metricNamed(words[1]!, text)
  const rest = words[2]!
  const threshold = /^(>=|<=|>|<)\s*(.+)$/s.exec(rest)
  if (threshold) return thresholdGate(metric, comparisonOf(threshold[1]!), threshold[2]!, text, at)
  const versus = /^non_inferior\s+(.+?)\s+versus\s+production(?:\s+at\s+(.+))?$/s.exec(rest)
  if (versus) return versusGate(metric, versus[1]!, versus[2], text, at)
  throw invalid(
    text,
    `${metric} to be followed by >=, <=, >, < and a value, or by 'non_inferior … versus production'`,
    rest || 'nothing',
  )
}

const FIELDS = ['metric', 'versus', 'non_inferior', 'confidence'] as const

/**
 * The same as a map: `{ metric: accuracy, versus: production, non_inferior: 0.005, confidence: 0.95 }`.
 * Values are what a YAML reader made of them: text or numbers. Throws GATE_INVALID.
 */
export function gateFromFields(fields: Readonly<Record<string, unknown>>, at?: Location): Gate {
  const shown = JSON.stringify(fields) ?? 'nothing'
  const field = (name: (typeof FIELDS)[number]): string | undefined => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value === undefined || typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
    throw invalid(shown, `${name} to be text or a number`, JSON.stringify(value) ?? typeof value)
  }
  const unknown = Object.keys(fields).find(name => !FIELDS.some(known => known === name))
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, FIELDS)
    throw invalid(shown, `the keys ${FIELDS.join(', ')}`, unknown, nearest && `Did you mean '${nearest}'?`)
  }
  const [metric, margin] = [field('metric'), field('non_inferior')]
  const versus = field('versus')
  if (versus !== 'production') throw invalid(shown, 'versus: production', versus ?? 'no versus')
  if (metric === undefined) throw invalid(shown, `metric: one of ${METRICS.join(', ')}`, 'no metric')
  if (margin === undefined) throw invalid(shown, 'non_inferior: the margin, such as 0.005', 'no margin')
  const confidence = field('confidence')
  const text = `${metric} non_inferior ${margin} versus production${confidence === undefined ? '' : ` at ${confidence}`}`
  return versusGate(metricNamed(metric, text), margin, confidence, text, at)
}

function thresholdGate(
  metric: MetricName,
  comparison: Comparison,
  value: string,
  text: string,
  at: Location | undefined,
): Gate {
  const wanted = comparison.startsWith('>')
  if (wanted !== higherIsBetter(metric)) {
    const better = higherIsBetter(metric) ? '>= or >' : '<= or <'
    throw invalid(text, `${better} for ${metric}`, comparison, `A gate says what is good enough: ${better}.`)
  }
  const gate = {
    kind: 'threshold',
    metric,
    comparison,
    value: inUnit(metric, value, text),
    text: text.trim(),
  } as const
  return at ? { ...gate, at } : gate
}

function versusGate(
  metric: MetricName,
  marginText: string,
  confidenceText: string | undefined,
  text: string,
  at: Location | undefined,
): Gate {
  const margin = inUnit(metric, marginText, text)
  if (!(margin > 0))
    throw invalid(text, 'a margin above 0', marginText, 'With no margin nothing is ever shown to be as good.')
  const confidence =
    confidenceText === undefined ? DEFAULT_CONFIDENCE : fraction(confidenceText, 'a confidence', text)
  if (!(confidence >= 0.5 && confidence < 1))
    throw invalid(text, 'a confidence from 50% to below 100%', `${confidenceText}`)
  const gate = { kind: 'versus-production', metric, margin, confidence, text: text.trim() } as const
  return at ? { ...gate, at } : gate
}

function comparisonOf(text: string): Comparison {
  switch (text) {
    case '>=':
    case '<=':
    case '>':
      return text
    default:
      return '<'
  }
}

function metricNamed(name: string, text: string): MetricName {
  if (isMetric(name)) return name
  const nearest = nearestName(name, METRICS)
  throw invalid(text, `a metric (${METRICS.join(', ')})`, name, nearest && `Did you mean '${nearest}'?`)
}

/** In the metric's own unit. A number without its unit is refused where a unit matters. */
function inUnit(metric: MetricName, value: string, text: string): number {
  const unit = unitOf(metric)
  switch (unit) {
    case 'fraction':
      return fraction(value, `a part of one for ${metric}`, text)
    case 'plain':
      return plain(value, `a number for ${metric}`, text)
    case 'duration':
    case 'size':
      try {
        return unit === 'duration' ? parseDuration(value) : parseSize(value)
      } catch (cause) {
        if (!(cause instanceof CoreError)) throw cause
        const example = unit === 'duration' ? 'a time such as 5 ms' : 'a size such as 5 MB'
        throw invalid(text, `${example} for ${metric}`, value, 'Write the unit.')
      }
  }
}

function fraction(value: string, what: string, text: string): Fraction {
  const number = value.includes('%') ? percent(value) : Number(plainText(value))
  if (number >= 0 && number <= 1) return number
  throw invalid(
    text,
    `${what}: 0 to 1, or 0% to 100%`,
    value,
    number > 1 ? `Did you mean ${value}%?` : undefined,
  )
}

function plain(value: string, what: string, text: string): number {
  const number = Number(plainText(value))
  if (Number.isFinite(number) && number >= 0) return number
  throw invalid(text, what, value)
}

function percent(value: string): number {
  try {
    return parsePercent(value)
  } catch {
    return Number.NaN
  }
}

/** Decimal digits only: no hex, no blanks, no Infinity. */
function plainText(value: string): string {
  return /^\d+(\.\d+)?(e-?\d+)?$/i.test(value.trim()) ? value.trim() : 'none'
}

function invalid(text: string, expected: string, found: string, hint?: string): EvaluateError {
  return new EvaluateError('GATE_INVALID', {
    message: `The gate '${text.trim()}' can't be read: expected ${expected}, found '${found}'`,
    hint: hint || `Write a gate as ${FORMS}.`,
    details: { text, expected, found },
  })
}
