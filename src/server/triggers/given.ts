import { isTriggerVariable } from '../../access/index.ts'
import { ServerError } from '../errors.ts'

/** Variables that whoever starts a pipeline gives. Throws REQUEST_INVALID, naming those that can't be given. */
export function checkVariables(variables: Readonly<Record<string, string>>): void {
  const refused = Object.keys(variables).filter(name => !isTriggerVariable(name))
  if (refused.length > 0)
    throw new ServerError('REQUEST_INVALID', {
      message: `No pipeline takes a variable ${refused.map(name => `'${name.slice(0, 100)}'`).join(', ')}`,
      hint: 'Letters, digits and _; not those that steer a shell or Ballast, such as PATH or BALLAST_….',
    })
  const cut = Object.entries(variables).find(([, value]) => value.includes('\0') || !value.isWellFormed())
  if (cut)
    throw new ServerError('REQUEST_INVALID', {
      message: `The value of ${cut[0]} has a NUL or half of a character in it`,
      hint: 'No variable can hold them.',
    })
}
