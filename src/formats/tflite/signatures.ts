import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import type { Signature, SignatureValue } from '../types.ts'
import { fail } from './limits.ts'
import type { Subgraph } from './subgraph.ts'

/** A SignatureDef: 0 inputs, 1 outputs, 2 signature_key, 4 subgraph_index. Without any, the main graph's own ends. */
export async function readSignatures(
  buffer: Flatbuffer,
  model: Table,
  subgraphs: readonly Subgraph[],
): Promise<Signature[]> {
  const signatures: Signature[] = []
  for (const at of await buffer.tables(model, 7)) {
    const table = await buffer.table(at)
    const index = await buffer.scalar(table, 4, 'uint32')
    const subgraph = subgraphs[index]
    if (!subgraph)
      throw fail.malformed(
        { name: buffer.source.name, offset: at },
        `a signature names subgraph ${index} of ${subgraphs.length}`,
      )
    signatures.push({
      name: (await buffer.text(table, 2)) ?? '',
      inputs: await readValues(buffer, table, 0, subgraph),
      outputs: await readValues(buffer, table, 1, subgraph),
    })
  }
  const main = subgraphs[0]
  if (signatures.length > 0 || !main) return signatures
  const ends = (indices: readonly number[]) => indices.map(index => signatureValue('', main, index))
  return [{ name: 'main', inputs: ends(main.inputs), outputs: ends(main.outputs) }]
}

/** TensorMaps: 0 name, 1 tensor_index. */
async function readValues(
  buffer: Flatbuffer,
  signature: Table,
  slot: number,
  subgraph: Subgraph,
): Promise<SignatureValue[]> {
  const values: SignatureValue[] = []
  for (const at of await buffer.tables(signature, slot)) {
    const table = await buffer.table(at)
    const index = await buffer.scalar(table, 1, 'uint32')
    if (!subgraph.tensors[index])
      throw fail.malformed(
        { name: buffer.source.name, offset: at },
        `a signature names tensor ${index} of ${subgraph.tensors.length}`,
      )
    values.push(signatureValue((await buffer.text(table, 0)) ?? '', subgraph, index))
  }
  return values
}

function signatureValue(name: string, { tensors }: Subgraph, index: number): SignatureValue {
  const { name: tensor, dtype, declaredShape } = tensors[index]!
  return {
    name: name || tensor,
    kind: 'tensor',
    dtype,
    shape: declaredShape,
    ...(name !== '' && name !== tensor && { tensor }),
  }
}
