import { extensionOf } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { scanPickles } from '../pickle/scan.ts'

/** Names under which people expect a pickle. */
const EXPECTED =
  /^(?:\.(?:pkl|pickle|p|pk|joblib|jbl|pt|pth|bin|ckpt|dat|data|npy|npz|sav|model|dill|cloudpickle|gz|z|xz|bz2|lzma|lz4|zst|th|t7|mar|debug_pkl|))$/

/** Names that say that a file is a pickle. */
const PICKLES = /^\.(?:pkl|pickle|pk|joblib|pt|pth|ckpt|dill)$/
/** GLOBAL, then a module and a name. */
const IMPORT = /^c[A-Za-z_][\w.]*\r?\n[A-Za-z_][\w.]*\r?\n/

export const pickleLens: Lens = {
  name: 'pickle',
  async scan(content, sink) {
    const format = await scanPickles(content.source, sink)
    if (format !== undefined && content.depth === 0 && !EXPECTED.test(extensionOf(content.name) || '.')) {
      const what = `${content.name} is a pickle, whatever its name says`
      sink.add({ rule: 'content/pickle-in-disguise', level: 'note', what })
    }
    if (
      format === undefined &&
      content.depth === 0 &&
      PICKLES.test(extensionOf(content.name)) &&
      IMPORT.test(content.latin)
    ) {
      const what = `${content.name} imports something and breaks off: a loader of pickles has imported it by then`
      sink.add({ rule: 'pickle/malformed', level: 'unknown', what })
    }
    return format
  },
}
