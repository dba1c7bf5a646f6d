import { classOf, nameOf, type PickleNode } from '../../pickle/index.ts'
import type { ModelInput } from '../../ports.ts'
import { metadataEntry } from '../../tensors.ts'
import type { MetadataEntry } from '../../types.ts'
import { openArchive, openPickleEntry, type TorchArchive } from '../archive.ts'
import { inArchive, type ReadableTensor } from '../contents.ts'
import { modelOf, type TorchModel } from '../describe.ts'
import { fail, MAX_CODE_BYTES, MAX_METADATA } from '../limits.ts'
import { parseCode, type ScriptClass } from './code.ts'
import { graphOf, signatureOf } from './graph.ts'

/** `extra/` holds what the writer added: labels, a configuration. */
const MAX_EXTRA_BYTES: number = 1024 * 1024

/**
 * A TorchScript archive: data.pkl is the module's attributes, code/ its classes as text, constants.pkl the tensors
 * in its code. Methods are listed, with the signature of `forward`; no code is run.
 * Throws ZIP_…, FORMAT_MALFORMED, FORMAT_TRUNCATED, FORMAT_LIMIT.
 */
export async function openTorchscript(input: ModelInput): Promise<TorchModel> {
  const archive = await openArchive(input.source, ['data.pkl'])
  const classes = await readCode(archive)
  const notes = ['TorchScript is code; its methods are listed, not run']
  if (archive.entries.has('bytecode.pkl')) notes.push('it holds byte code for the mobile interpreter as well')
  const metadata = await extraFiles(archive, notes)
  const object = await openPickleEntry(archive, 'data.pkl', 'data')
  const constants = await openConstants(archive, object)
  const what = rootClass(object.root)
  const root = classes.find(({ name }) => name === what)
  // Overloads are numbered.
  const [forward, ...overloads] = (root?.methods ?? []).filter(({ name }) => /^forward(__\d+)?$/.test(name))
  return modelOf(
    input,
    tensorsOf(object, constants, kindsOf(classes)),
    {
      format: 'torchscript',
      ...(archive.version && { formatVersion: archive.version }),
      ...(what && { what: what.slice(what.lastIndexOf('.') + 1) }),
      graph: graphOf(classes, what ?? 'code'),
      ...(forward && { signature: signatureOf(forward) }),
      ...(overloads.length > 0 && { otherSignatures: overloads.map(signatureOf) }),
      metadata,
      notes,
    },
    async () => {
      await object.close()
      await constants?.close()
    },
  )
}

type OpenContents = Awaited<ReturnType<typeof openPickleEntry>>

async function openConstants(archive: TorchArchive, object: OpenContents): Promise<OpenContents | undefined> {
  if (!archive.entries.has('constants.pkl')) return undefined
  try {
    return await openPickleEntry(archive, 'constants.pkl', constantsFolder(archive))
  } catch (cause) {
    await object.close()
    throw cause
  }
}

/** Attributes under their own names; constants as the code calls them: `CONSTANTS.c0`. */
function tensorsOf(
  object: OpenContents,
  constants: OpenContents | undefined,
  kinds: ReadonlyMap<string, 'parameter' | 'buffer'>,
): ReadonlyMap<string, ReadableTensor> {
  const tensors = new Map<string, ReadableTensor>()
  for (const [name, tensor] of object.tensors) {
    const role = kinds.get(name.slice(name.lastIndexOf('.') + 1))
    tensors.set(name, role ? { ...tensor, info: { ...tensor.info, role } } : tensor)
  }
  for (const [index, tensor] of constants?.tensors ?? []) {
    const name = `CONSTANTS.c${index}`
    const own = inArchive(tensor, 'constants')
    tensors.set(name, { ...own, info: { ...own.info, name, role: 'constant' } })
  }
  return tensors
}

/** Tensors of constants.pkl are in constants/; releases before 1.5 put them into data/. */
function constantsFolder({ entries }: TorchArchive): string {
  return [...entries.keys()].some(path => path.startsWith('constants/')) ? 'constants' : 'data'
}

function rootClass(root: PickleNode): string | undefined {
  const global = root.kind === 'call' ? classOf(root) : undefined
  return global && `${nameOf(global).module}.${nameOf(global).name}`
}

/** Attributes that every class that has them lists as parameters, or every one as buffers. */
function kindsOf(classes: readonly ScriptClass[]): ReadonlyMap<string, 'parameter' | 'buffer'> {
  const parameters = new Set(classes.flatMap(({ parameters: names }) => [...names]))
  const buffers = new Set(classes.flatMap(({ buffers: names }) => [...names]))
  const kinds = new Map<string, 'parameter' | 'buffer'>()
  for (const name of parameters) if (!buffers.has(name)) kinds.set(name, 'parameter')
  for (const name of buffers) if (!parameters.has(name)) kinds.set(name, 'buffer')
  return kinds
}

async function readCode(archive: TorchArchive): Promise<readonly ScriptClass[]> {
  const classes: ScriptClass[] = []
  let left = MAX_CODE_BYTES
  for (const [path, entry] of archive.entries) {
    const module = /^code\/(.*)\.py$/.exec(path)?.[1]
    if (module === undefined) continue
    left -= entry.size
    if (left < 0) throw fail.limit({ name: archive.name }, `code of more than ${MAX_CODE_BYTES} bytes`)
    const text = (await archive.text(path, MAX_CODE_BYTES)) ?? ''
    classes.push(...parseCode(text, module.replaceAll('/', '.'), `${archive.name}!${entry.name}`))
  }
  return classes
}

async function extraFiles(archive: TorchArchive, notes: string[]): Promise<MetadataEntry[]> {
  const entries: MetadataEntry[] = []
  for (const [path, { size }] of archive.entries) {
    if (!path.startsWith('extra/') || entries.length >= MAX_METADATA) continue
    const name = path.slice('extra/'.length)
    if (size > MAX_EXTRA_BYTES) notes.push(`the extra file '${name}' has ${size} bytes and is not shown`)
    else entries.push(metadataEntry(name, (await archive.text(path, MAX_EXTRA_BYTES)) ?? '', notes))
  }
  return entries
}
