/** What one measurement compiles: the file of the pipeline, and what lies around it. */
export interface World {
  readonly text: string
  /** Other files of the repository, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Paths that are only listed. */
  readonly paths?: readonly string[]
  /** Of a commit's message, a person's name … */
  readonly words?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** `legal`: has a plan. `hostile`: ends in diagnostics. `either`: legal or not, it has to end. */
export interface Case {
  readonly kind: 'legal' | 'hostile' | 'either'
  readonly name: string
  make(): World
}

export const many = (count: number, line: (i: number) => string, separator = '\n'): string =>
  Array.from({ length: count }, (_, i) => line(i)).join(separator)

export const times = (count: number, text: string): string => Array(count).fill(text).join(', ')

/** The jobs of a file whose rules are hostile. */
export const ruled = (count: number, rule: (i: number) => string): string =>
  many(count, i => `j${i}: {script: x, rules: [{${rule(i)}}]}`)
