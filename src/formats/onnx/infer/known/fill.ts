import { elementCount } from '../../../../core/index.ts'
import type { Element } from '../values.ts'
import { elementsOf } from './elements.ts'
import type { Fold } from './types.ts'

const constantOfShape: Fold = ({ attributes: { value } }, [type]) => {
  const element = value && 'tensor' in value ? (elementsOf(value.tensor)?.[0] ?? null) : 0
  return [new Array<Element>(elementCount(type!.shape)).fill(element)]
}

export const fills: Readonly<Record<string, Fold>> = { ConstantOfShape: constantOfShape }
