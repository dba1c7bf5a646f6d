import { full, type LayerTable, limited } from '../../layer.ts'
import { additiveAttention, attention } from './attention.ts'
import { groupedQueryAttention, multiHeadAttention } from './multi-head.ts'

const grouped = full(groupedQueryAttention, 'own')

export const attentionLayers: LayerTable = {
  Attention: full(attention, 'own'),
  AdditiveAttention: full(additiveAttention, 'own'),
  MultiHeadAttention: limited('Without masks where it attends over several axes.', multiHeadAttention, 'own'),
  GroupQueryAttention: grouped,
  /** Its name in HDF5 files. */
  GroupedQueryAttention: grouped,
}
