import { posix } from 'node:path'
import type { FileTree } from '../ports.ts'

/** A folder of a tree as a tree of its own; links may still lead anywhere in the whole. */
export function below(tree: FileTree, folder: string): FileTree {
  const start = posix.normalize(folder).replace(/\/$/, '')
  if (start === '.' || start === '') return tree
  const prefix = `${start}/`
  return {
    name: `${tree.name}/${start}`,
    async list() {
      const files = await tree.list()
      return files
        ?.filter(({ path }) => path.startsWith(prefix))
        .map(({ path, size }) => ({ path: path.slice(prefix.length), size }))
    },
    // A name that climbs is the tree's to refuse: it must see it as it was written.
    open: path => tree.open(isPlain(path) ? prefix + path : path),
  }
}

/** A tree that lists some files alone; what they refer to still opens. */
export function only(tree: FileTree, paths: ReadonlySet<string>): FileTree {
  return {
    name: tree.name,
    list: async () => (await tree.list())?.filter(({ path }) => paths.has(path)),
    open: path => tree.open(path),
  }
}

function isPlain(path: string): boolean {
  return !path.startsWith('/') && !path.split(/[/\\]/).includes('..')
}
