import type { FlowTable } from '../step.ts'
import { tensorArrays } from './tensor-arrays.ts'
import { tensorLists } from './tensor-lists.ts'

export const lists: FlowTable = { ...tensorLists, ...tensorArrays }
