import { chunksOf } from '../../bytes/ranges.ts'
import { failing } from '../../errors.ts'
import { parseJson } from '../../keras/config/json.ts'
import { scanConfig } from '../config/scan.ts'
import { type Content, extensionOf } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { MAX_JSON_BYTES, MAX_TEXT_BYTES } from '../engine/limits.ts'
import { scanHidden } from '../pickle/payloads.ts'
import { reportTemplate } from '../template/report.ts'
import { decodeText } from '../text/decode.ts'
import { scanGraphText, scanXml, scanYaml } from '../text/markup.ts'
import { findSecrets } from '../text/secrets.ts'
import type { ScanSink } from '../types.ts'

const pointer = failing('FORMAT_UNKNOWN', 'Fetch it with git lfs pull.')
const CHUNK: number = 1024 * 1024
/** Longer than any secret: what stands at the end of a piece is seen whole with the next. */
const OVERLAP = 8 * 1024

/** Git LFS keeps large files elsewhere: what is here says only which. */
export const pointerLens: Lens = {
  name: 'git-lfs-pointer',
  async scan({ latin, source }, sink) {
    if (!latin.startsWith('version https://git-lfs.github.com/spec/') || source.size > 1024) return undefined
    sink.add({
      rule: 'file/pointer',
      level: 'note',
      what: 'a Git LFS pointer stands where the file should be',
    })
    throw pointer(`${source.name} is a Git LFS pointer: the file itself was not fetched`)
  },
}

/** Texts of all kinds: searched for secrets, judged as configurations and templates where they are such. */
export const textLens: Lens = {
  name: 'text',
  async scan(content, sink) {
    if (!isText(content.head)) return undefined
    if (sink.context.speculative) {
      await scanHidden(content.source, sink)
      return 'text'
    }
    await secrets(content, sink)
    const extension = extensionOf(content.name)
    if (/^\.(?:jinja2?|j2)$/.test(extension) || /^chat_template(?:\.txt|\.tmpl)?$/.test(content.name))
      reportTemplate(await textOf(content), {}, sink)
    await markup(content, extension, sink)
    if (extension === '.py' && !sink.context.torchscript)
      sink.add({ rule: 'content/python', level: 'note', what: `${content.name} is Python source` })
    return json(content, sink)
  },
}

/** UTF-8 or Latin-1 without control characters; UTF-16 with its mark. */
function isText(head: Uint8Array): boolean {
  if (head.byteLength === 0) return false
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff))
    return head.byteLength > 2 && !head.subarray(0, 64).every(byte => byte >= 0x80)
  let high = 0
  for (const byte of head) {
    if (byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b) || byte === 0x7f) return false
    if (byte >= 0x80) high++
  }
  return high === 0 || isUtf8(head) || high < head.byteLength / 20
}

function isUtf8(head: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

async function textOf({ source }: Content): Promise<string> {
  return decodeText(await source.read(0, Math.min(source.size, MAX_TEXT_BYTES)))
}

async function secrets({ source }: Content, sink: ScanSink): Promise<void> {
  let line = 1
  let before = ''
  let read = 0
  for await (const chunk of chunksOf(source, CHUNK)) {
    const text =
      before +
      Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1').replaceAll('\0', '')
    read += chunk.byteLength
    const last = read >= source.size
    const sure = last ? text.length : Math.max(0, text.length - OVERLAP)
    for (const { rule, what, index } of findSecrets(text)) {
      if (index < sure) sink.add({ rule, level: 'unknown', what, at: { line: line + linesIn(text, index) } })
    }
    line += linesIn(text, sure)
    before = text.slice(sure)
  }
}

function linesIn(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** Documentation and code, which speak of tags without being YAML. */
const PROSE = /^\.(?:md|rst|py|ipynb|html?|js|ts|css|csv|tsv|vocab|c|h|cpp|tex|log)$/
/** How a graph of TensorFlow as text begins. */
const GRAPH_TEXT =
  /^(?:\s|#.*\n){0,1000}(?:saved_model_schema_version\s*:|(?:meta_graphs|node|library|versions)\s*\{)/

async function markup(content: Content, extension: string, sink: ScanSink): Promise<void> {
  const head = decodeText(content.head)
  const xml = /^\s{0,1000}<(?:\?xml|!DOCTYPE|\w)/.test(head)
  const graph = GRAPH_TEXT.test(head)
  const yaml =
    /^\.ya?ml$/.test(extension) ||
    (!PROSE.test(extension) && /!!?python|:python|_target_|loader_module/.test(head))
  if (!xml && !graph && !yaml) return
  const text = await textOf(content)
  const lineOf = (index: number): number => 1 + linesIn(text, index)
  if (yaml) scanYaml(text, lineOf, sink)
  if (xml) scanXml(text, lineOf, sink)
  if (graph) scanGraphText(text, sink)
}

async function json(content: Content, sink: ScanSink): Promise<string> {
  const { source } = content
  // What is nothing but space so far may go on as anything.
  const begins = decodeText(content.head).trimStart()[0]
  if (begins !== undefined && begins !== '[' && begins !== '{') return 'text'
  if (begins === undefined && source.size <= content.head.byteLength) return 'text'
  if (source.size > MAX_JSON_BYTES) {
    const expected = extensionOf(content.name) === '.json'
    const what = `${source.size} bytes of JSON; ${MAX_JSON_BYTES} are the most that is judged`
    if (expected) sink.add({ rule: 'content/limit', level: 'unknown', what })
    return 'json'
  }
  const text = (await textOf(content)).replace(/^\ufeff/, '')
  if (!/^\s*[[{]/.test(text)) return 'text'
  try {
    scanConfig(parseJson(text, { name: source.name }, 'the document'), sink)
    return 'json'
  } catch (error) {
    // A text may begin with a bracket, and be no JSON.
    if (extensionOf(content.name) === '.json') throw error
    return 'text'
  }
}
