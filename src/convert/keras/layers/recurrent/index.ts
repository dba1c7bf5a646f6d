import { type LayerTable, limited, refused } from '../../layer.ts'
import { bidirectional } from './bidirectional.ts'
import { recurrent } from './rnn.ts'

const layer = limited('Stateless; stateful=True is refused.', recurrent, 'own')
const CELL = 'a cell outside of an RNN layer: it is called for one step'
const cell = refused(CELL, 'Put the cell into keras.layers.RNN.')
const cuda = refused(
  'a layer of Keras 1 and 2 for NVIDIA GPUs alone',
  'Build the model with LSTM or GRU (reset_after=True), load the weights into it, and save it again.',
)

export const recurrentLayers: LayerTable = {
  LSTM: layer,
  GRU: layer,
  SimpleRNN: layer,
  RNN: limited('Of LSTMCell, GRUCell, SimpleRNNCell and stacks of them; stateless.', recurrent, 'own'),
  ConvLSTM1D: limited('Stateless.', recurrent, 'own'),
  ConvLSTM2D: limited('Stateless.', recurrent, 'own'),
  ConvLSTM3D: limited('Stateless.', recurrent, 'own'),
  Bidirectional: limited("Of Keras' own recurrent layers.", bidirectional, 'own'),
  LSTMCell: cell,
  GRUCell: cell,
  SimpleRNNCell: cell,
  StackedRNNCells: cell,
  CuDNNLSTM: cuda,
  CuDNNGRU: cuda,
}
