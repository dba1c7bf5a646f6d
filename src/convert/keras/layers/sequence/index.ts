import { full, type LayerTable, limited } from '../../layer.ts'
import { embedding } from './embedding.ts'
import { masking } from './masking.ts'
import { timeDistributed } from './time-distributed.ts'

export const sequenceLayers: LayerTable = {
  Embedding: limited('Not quantized, and without LoRA that is not merged.', embedding, 'own'),
  Masking: full(masking, 'own'),
  TimeDistributed: limited('Of layers with one input and one output.', timeDistributed, 'own'),
}
