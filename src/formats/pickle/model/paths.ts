/** A place in the tree of objects: the step from the object above it. */
export interface Path {
  readonly above?: Path
  readonly step: string
  readonly depth: number
}

export const ROOT: Path = { step: '', depth: 0 }

/** Of what is above; the step is written as `attribute`, `index`, `key` or `argument` give it. */
export function below(above: Path, step: string): Path {
  return { above, step, depth: above.depth + 1 }
}

/** `coef_`, and `.coef_` below something. */
export const attribute = (name: string): string => `.${shown(cut(name))}`
/** `[3]`, `[3, 0]` in arrays. */
export const index = (...at: readonly number[]): string => `[${at.join(', ')}]`
/** `['layer1']`. */
export const key = (text: string): string => `['${shown(cut(text).replaceAll(/[\\']/g, '\\$&'))}']`
/** What has no order or no name: members of sets, values under keys that are no text. */
export const member = (at: number): string => `{${at}}`
/** What a call gets: `(0)`. */
export const argument = (at: number | string): string => `(${at})`

/**
 * A path as text, from the root: `steps[1][1].estimators_[3].tree_.nodes`, `weights['layer1']`. The root's own
 * attributes and text keys stand bare; the root itself is `array`.
 */
export function nameOf(path: Path): string {
  const steps: string[] = []
  for (let at: Path | undefined = path; at?.above; at = at.above) steps.push(at.step)
  const [first, ...rest] = steps.reverse()
  if (first === undefined) return 'array'
  return [bare(first), ...rest].join('')
}

function bare(step: string): string {
  if (step.startsWith('.')) return step.slice(1)
  // A key that reads as a name: no character of the notation is in it.
  return /^\['([^[\](){}'\\#]+)'\]$/.exec(step)?.[1] ?? step
}

/** Not without end. */
function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** Without control characters. */
function shown(text: string): string {
  return text.replaceAll(
    /[\0-\x1f\x7f]/g,
    character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
