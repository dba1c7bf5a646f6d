import { InvalidArgumentError } from 'commander'
import { parseRate } from '../../../access/index.ts'
import { CoreError, parseDuration } from '../../../core/index.ts'

/** A value's parser as commander wants it: what is wrong is told beside the option. */
export function asArgument<Value>(parse: (text: string) => Value): (text: string) => Value {
  return text => {
    try {
      return parse(text)
    } catch (error) {
      if (error instanceof CoreError) throw new InvalidArgumentError(`${error.message}.`)
      throw error
    }
  }
}

export const rate: (text: string) => number = asArgument(text => parseRate(text).perSecond)
export const duration: (text: string) => number = asArgument(parseDuration)
