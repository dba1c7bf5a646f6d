import type { ModelConfig } from '../../../model/index.ts'
import { type Element, elementsOf, type Told } from './elements.ts'

type Row = readonly (readonly [column: string, value: Element])[]

/** Answers as CSV (RFC 4180) under a row of names: a line for each example. */
export function csvOf(config: ModelConfig, told: readonly Told[]): string {
  const rows = told.map(each => [...cellsOf(each, config), ...besideOf(each)])
  const columns = (rows[0] ?? []).map(([name]) => name)
  const lines = [columns, ...rows.map(row => row.map(([, value]) => value))]
  return lines.map(line => `${line.map(quoted).join(',')}\r\n`).join('')
}

function cellsOf({ prediction }: Told, { labels }: ModelConfig): Row {
  switch (prediction.kind) {
    case 'class':
      return [
        ['label', prediction.label],
        ['index', prediction.index],
        ...(prediction.score === undefined ? [] : [['score', prediction.score] as const]),
      ]
    case 'classes': {
      const chosen = new Set(prediction.classes.map(({ index }) => index))
      // A column for each class, so that each row has the same.
      return labels.length > 0
        ? labels.map((label, index) => [label, chosen.has(index)])
        : [['labels', prediction.classes.map(({ label }) => label).join(' ')]]
    }
    case 'values':
      return prediction.values.map((value, index) => [
        prediction.names?.[index] ?? (prediction.values.length === 1 ? 'value' : `value_${index}`),
        value,
      ])
    case 'tensor':
      return elementsOf(prediction.tensor).map((value, index, { length }) => [
        length === 1 ? 'value' : `value_${index}`,
        value,
      ])
  }
}

function besideOf({ beside }: Told): Row {
  return Object.entries(beside).flatMap(([name, tensor]) =>
    elementsOf(tensor).map(
      (value, index, { length }) => [length === 1 ? name : `${name}_${index}`, value] as const,
    ),
  )
}

function quoted(value: Element): string {
  const text = String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
