import { failuresOf } from '../errors.ts'

export const fail = failuresOf('HDF5', 'Write the file again, with h5py or with the program that made it.')
