import { full, type LayerTable, limited } from '../../layer.ts'
import { embedding, reversibleEmbedding } from './embedding.ts'
import { masking } from './masking.ts'
import { timeDistributed } from './time-distributed.ts'

export const sequenceLayers: LayerTable = {
  Embedding: limited('Not quantized.', embedding, 'own'),
  ReversibleEmbedding: limited('Not quantized.', reversibleEmbedding, 'own'),
  Masking: full(masking, 'own'),
  TimeDistributed: limited('Of layers with one input and one output.', timeDistributed, 'own'),
}
