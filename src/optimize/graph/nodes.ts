import type { OnnxNode } from '../../formats/index.ts'

/** An attribute that is a whole number; 0 where it is absent. */
export function intOf({ attributes = {} }: OnnxNode, name: string): number {
  const value = attributes[name]
  return value && 'int' in value ? Number(value.int) : 0
}

/** Why a Gemm is more than a product and a sum; undefined where it is not. */
export function plainGemm(node: OnnxNode): string | undefined {
  const factor = (name: string): number => {
    const value = node.attributes?.[name]
    return value && 'float' in value ? value.float : 1
  }
  if (factor('alpha') !== 1 || factor('beta') !== 1) return 'it has an alpha or a beta'
  return intOf(node, 'transA') !== 0 ? 'it transposes its input' : undefined
}
