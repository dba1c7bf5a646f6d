import type { ByteSource } from '../../../core/index.ts'
import { hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'

/** The type whose metadata pyarrow before 14.0.1 loads as a pickle (CVE-2023-47248). */
const PICKLED = 'arrow.py_extension_type'
/** The schema of a Parquet file as base64, which pyarrow keeps in the footer. */
const SCHEMA = /ARROW:schema.{1,16}?([A-Za-z0-9+/]{64,}={0,2})/s
/** Schemas stand at the beginning or the end; those of ten thousand columns have some megabytes. */
const MOST: number = 16 * 2 ** 20

/** Extension types of Python in Parquet, Feather and Arrow files. The data lens tells what else they are. */
export const arrowLens: Lens = {
  name: 'arrow-schema',
  async scan(content, sink) {
    if (!hasMagic(content, 'PAR1') && !hasMagic(content, 'ARROW1')) return undefined
    const { source } = content
    const texts = [await textAt(source, 0), await textAt(source, Math.max(0, source.size - MOST))]
    if (![...texts, ...texts.flatMap(schemasIn)].some(text => text.includes(PICKLED))) return undefined
    const what = `a column of the type ${PICKLED}, which pyarrow before 14.0.1 loads as a pickle`
    sink.add({ rule: 'content/pickle-in-disguise', level: 'unsafe', what })
    return undefined
  },
}

/** The schema's bytes. A letter in front of it may belong to its length: it is decoded from each of four places. */
function schemasIn(text: string): string[] {
  const base64 = SCHEMA.exec(text)?.[1] ?? ''
  return [0, 1, 2, 3].map(from => Buffer.from(base64.slice(from), 'base64').toString('latin1'))
}

async function textAt(source: ByteSource, start: number): Promise<string> {
  const bytes = await source.read(start, Math.min(MOST, source.size - start))
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
