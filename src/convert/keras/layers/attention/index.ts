import { full, type LayerTable, limited } from '../../layer.ts'
import { additiveAttention, attention } from './attention.ts'
import { groupedQueryAttention, multiHeadAttention } from './multi-head.ts'

export const attentionLayers: LayerTable = {
  Attention: full(attention, 'own'),
  AdditiveAttention: full(additiveAttention, 'own'),
  MultiHeadAttention: limited('Without masks where it attends over several axes.', multiHeadAttention, 'own'),
  GroupQueryAttention: full(groupedQueryAttention, 'own'),
}
