import { BallastError } from '../../core/index.ts'
import { type InputValue, inputValue } from '../../pipeline/index.ts'

/** `NAME=value` of an option that may be given again and again. Throws PAIR_INVALID. */
export function variablesOf(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(pair => split(pair, '--var')))
}

/** `name=value`, in which `3`, `true` and `["a"]` are what they look like. Throws PAIR_INVALID. */
export function inputsOf(pairs: readonly string[] = []): Record<string, InputValue> {
  return Object.fromEntries(
    pairs.map(pair => {
      const [name, value] = split(pair, '--input')
      return [name, inputValue(value)]
    }),
  )
}

function split(pair: string, option: string): readonly [string, string] {
  const at = pair.indexOf('=')
  if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
  throw new BallastError('PAIR_INVALID', {
    message: `${option} takes NAME=value, found '${pair}'`,
    hint: `Such as ${option} MODE=fast; give it again for another.`,
  })
}
