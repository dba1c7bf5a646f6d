import type { OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { constant, node } from './testing.ts'

/** Between -1.5 and 1.7. */
export const numbers = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => ((i * 37) % 23) / 7 - 1.5)
export const random = (name: string, shape: readonly number[]): OnnxTensor =>
  constant(name, shape, numbers(shape.reduce((a, b) => a * b, 1)))
export const positive = (name: string, count: number): OnnxTensor =>
  constant(
    name,
    [count],
    numbers(count).map(x => Math.abs(x) + 0.5),
  )
export const bn = (x: string, y: string): OnnxNode => node('BatchNormalization', [x, 's', 'o', 'm', 'v'], y)
/** Those that `bn` takes. */
export const statistics = (count: number): readonly OnnxTensor[] => [
  random('s', [count]),
  random('o', [count]),
  random('m', [count]),
  positive('v', count),
]
export const relu = (x: string, y: string): OnnxNode => node('Relu', [x], y)
export const ints = (name: string, elements: readonly number[]): OnnxTensor =>
  constant(name, [elements.length], elements, 'int64')
