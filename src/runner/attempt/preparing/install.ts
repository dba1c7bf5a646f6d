import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import type { Entry } from '../../options.ts'

/**
 * What a stage must be able to read to run Ballast's own command: Node, the code, its packages. Not the whole
 * folder of the installation: a state folder may lie in it.
 */
export function installReadable({ node, script }: Entry): readonly string[] {
  const program = realpathSync(node)
  const code = realpathSync(script)
  const paths = [program]
  for (let folder = dirname(code); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && paths.length === 1) {
      const top = relative(folder, code).split(sep)[0]!
      paths.push(join(folder, 'package.json'), join(folder, top))
    }
    if (existsSync(join(folder, 'node_modules'))) paths.push(join(folder, 'node_modules'))
    if (folder === dirname(folder)) break
  }
  if (paths.length === 1) paths.push(code)
  return paths
}
