import { formatSize } from '../../core/index.ts'
import type { ModelFile, Signature, SignatureValue, TensorInfo } from '../../formats/index.ts'
import { clean } from '../output/clean.ts'

/** What is listed of operators and metadata unless everything is asked for. */
const SHOWN_OPERATORS = 12
const SHOWN_METADATA = 12
const MAX_VALUE = 100

/** The first lines about a model: what it is, its parameters, its inputs and outputs. */
export function summarize(file: ModelFile): string[] {
  const version = file.formatVersion === undefined ? '' : ` (${clean(file.formatVersion)})`
  const wrapper = file.wrapper?.length ? `, in ${file.wrapper.join(' in ')}` : ''
  const what = clean([file.framework, file.what].filter(Boolean).join(' '))
  const tensors = countTensors(file)
  return [
    `${file.format}${version}${wrapper}${what ? `: ${what}` : ''}, ${formatSize(file.size)}${
      file.files.length > 1 ? ` in ${file.files.length} files` : ''
    }`,
    ...(tensors ? [tensors] : []),
    ...[file.signature, ...(file.otherSignatures ?? [])].flatMap(signature =>
      signature ? [describeSignature(signature, (file.otherSignatures?.length ?? 0) > 0)] : [],
    ),
  ]
}

/** Everything that fits a screen: the summary, operators, metadata, notes. */
export function describeFile(file: ModelFile, { all = false } = {}): string[] {
  const { graph, metadata, producer, notes = [] } = file
  const operators = graph?.operators.slice(0, all ? Number.POSITIVE_INFINITY : SHOWN_OPERATORS) ?? []
  const hidden = (graph?.operators.length ?? 0) - operators.length
  return [
    ...summarize(file),
    ...(producer === undefined ? [] : [`made by ${clean(producer)}`]),
    ...(operators.length > 0
      ? [
          `${graph!.kind === 'layers' ? 'layers' : 'operators'}: ${operators.map(({ name, count }) => `${clean(name)} × ${count}`).join(', ')}${
            hidden > 0 ? ` and ${hidden} more` : ''
          }`,
        ]
      : []),
    ...describeMetadata(metadata, all ? metadata.length : SHOWN_METADATA),
    ...notes.map(note => `note: ${clean(note)}`),
  ]
}

function countTensors({ tensors, parameters }: ModelFile): string | undefined {
  if (tensors.length === 0) return undefined
  const byType = new Map<string, number>()
  for (const { dtype, elements } of tensors) byType.set(dtype, (byType.get(dtype) ?? 0) + elements)
  const types = [...byType]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([dtype, count]) => (byType.size === 1 ? dtype : `${dtype} ${count.toLocaleString('en')}`))
  const what = tensors.length === 1 ? 'tensor' : 'tensors'
  const counted = `${tensors.length.toLocaleString('en')} ${what} (${types.join(', ')})`
  return parameters > 0 ? `${parameters.toLocaleString('en')} parameters in ${counted}` : counted
}

function describeSignature({ name, inputs, outputs }: Signature, named: boolean): string {
  const list = (values: readonly SignatureValue[]) => values.map(describeValue).join(', ') || 'nothing'
  return `${named ? `${clean(name)}: ` : ''}in ${list(inputs)} → out ${list(outputs)}`
}

export function describeValue({ name, kind, dtype, shape }: SignatureValue): string {
  if (kind !== 'tensor' && kind !== 'sparse-tensor') return `${clean(name)} (${kind})`
  return `${clean(name)} ${dtype ?? '?'}[${clean(shape?.map(size => size ?? '?').join(',') ?? '…')}]`
}

function describeMetadata(metadata: ModelFile['metadata'], shown: number): string[] {
  const rows = metadata.slice(0, shown).map(({ key, value }) => {
    const line = clean(value)
    return `  ${clean(key)}: ${line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE)}…` : line}`
  })
  const more = metadata.length - rows.length
  if (rows.length === 0) return []
  return ['metadata:', ...rows, ...(more > 0 ? [`  and ${more} more (--json shows all)`] : [])]
}

export function shapeOf({ shape }: Pick<TensorInfo, 'shape'>): string {
  return `[${shape.join(',')}]`
}
