import { expect, it } from 'vitest'
import { daemonEnvironment } from '../../src/docker/install.ts'

it('starts an engine that outlives the temporary folder of whoever started it', () => {
  expect(daemonEnvironment({ PATH: '/bin', TMPDIR: '/tmp/of-this-run' })).toEqual({ PATH: '/bin' })
})
