import { basename } from 'node:path'
import { type ByteSource, elementCount } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { ModelInput, OpenModel, Reader } from '../ports.ts'
import { singleFile } from '../single-file.ts'
import { parametersOf, tensorMissing } from '../tensors.ts'
import type { ModelFile, TensorInfo } from '../types.ts'
import { fieldsOf, holdsObjects, sizedApart } from './dtype.ts'
import { checkSize, readElements, readTexts, viewOf } from './elements.ts'
import { type NpyHeader, readNpyHeader } from './header.ts'
import { readObjects } from './objects.ts'

const OBJECTS = 'objects are a pickle, which is told and never run'
const noElements = failing('FORMAT_UNSUPPORTED', 'Read texts and objects as text, numbers as bytes.')

/**
 * A .npy file as a model of one tensor, named as the file is (without `.npy`). Throws NPY_INVALID.
 */
export const openNpyModel: Reader = async input => {
  const { source } = input
  const header = await readNpyHeader(source)
  if (!holdsObjects(header.type)) checkSize(source, header)
  const info = infoOf(basename(input.path).replace(/\.npy$/i, '') || 'array', header)
  return {
    file: describeArrays(input, 'npy', `${header.version}.0`, [info]),
    ...readersOf(input, [info], async (_, use) => use(source, header)),
    async close() {},
  }
}

export function describeArrays(
  input: ModelInput,
  format: 'npy' | 'npz',
  version: string | undefined,
  tensors: readonly TensorInfo[],
): ModelFile {
  const objects = tensors.filter(({ dtype }) => dtype === 'object').map(({ name }) => name)
  return {
    format,
    ...(version && { formatVersion: version }),
    framework: 'NumPy',
    ...singleFile(input),
    tensors,
    parameters: parametersOf(tensors),
    metadata: [],
    notes: [
      'arrays have no graph',
      ...(objects.length > 0 ? [`${objects.slice(0, 10).join(', ')}: ${OBJECTS}`] : []),
    ],
  }
}

export function infoOf(name: string, { type, shape, fortranOrder }: NpyHeader, deflated = false): TensorInfo {
  const elements = elementCount(shape)
  const objects = holdsObjects(type)
  const stored = [
    ...(type.swapBytes ? ['big-endian'] : []),
    ...(fortranOrder && shape.length > 1 ? ['fortran'] : []),
    ...(type.unit ? [`unit ${type.unit}`] : []),
    ...(objects ? ['pickle'] : []),
    ...(deflated ? ['deflate'] : []),
  ]
  return {
    name,
    dtype: objects ? 'object' : type.dtype,
    shape,
    elements,
    ...(!objects && !type.text && { bytes: elements * type.itemBytes }),
    ...(stored.length > 0 && { stored }),
    ...(type.fields && { fields: fieldsOf(type.fields) }),
    ...(sizedApart(type) && !objects && { itemBytes: type.itemBytes }),
  }
}

/** Opens one array by its name, for as long as it is used. */
export type WithArray = <T>(
  name: string,
  use: (source: ByteSource, header: NpyHeader) => AsyncGenerator<T, void>,
) => Promise<AsyncGenerator<T, void>>

/** The two ways to read an array. */
export function readersOf(
  input: ModelInput,
  tensors: readonly TensorInfo[],
  withArray: WithArray,
): Required<Pick<OpenModel, 'readTensor' | 'readText'>> {
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]))
  const find = (name: string, texts: boolean): void => {
    const tensor = byName.get(name)
    if (!tensor) throw tensorMissing(input.source.name, name, byName.keys())
    if ((tensor.dtype === 'object' || tensor.dtype === 'string') !== texts)
      throw noElements(`'${name}' in ${input.source.name} holds ${WHAT[tensor.dtype] ?? 'numbers'}`)
  }
  return {
    async *readTensor(name, options) {
      find(name, false)
      yield* await withArray(name, (source, header) =>
        readElements(source, viewOf(header), header.type, options),
      )
    },
    async *readText(name) {
      find(name, true)
      yield* await withArray(name, (source, header) =>
        holdsObjects(header.type)
          ? readObjects(source, header)
          : readTexts(source, viewOf(header), header.type),
      )
    },
  }
}

const WHAT: Readonly<Partial<Record<TensorInfo['dtype'], string>>> = {
  string: 'texts',
  object: 'Python objects',
}
