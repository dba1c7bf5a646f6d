import { CoreError, openUrl } from '../../core/index.ts'
import type { FileTree } from '../ports.ts'
import { checkRelative } from './names.ts'

/**
 * The files below an http or https address, which ends with `/`. It can't be listed. A query of the base (a token)
 * is given with every file. Throws URL_UNREADABLE for an address that is none.
 */
export function urlTree(base: string): FileTree {
  const root = URL.parse(base)
  if (!root || !/^https?:$/.test(root.protocol))
    throw new CoreError('URL_UNREADABLE', {
      message: 'That is no http or https address',
      hint: 'Give an address that begins with https:// or http://.',
    })
  const name = `${root.origin}${root.pathname}`
  return {
    name,
    async list() {
      return undefined
    },
    async open(path) {
      checkRelative(name, path)
      const address = new URL(root)
      // Encoded part by part: nothing in a name is a query, another host or a way up.
      address.pathname = root.pathname + path.split('/').map(encodeURIComponent).join('/')
      if (address.origin !== root.origin || !address.pathname.startsWith(root.pathname))
        throw new CoreError('PATH_ESCAPES', {
          message: `The path '${path.slice(0, 200)}' leads out of ${name}`,
          hint: 'Keep the files of a model in one folder, under plain relative names.',
        })
      return openUrl(address.href)
    },
  }
}
