import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { docker } from './prometheus.ts'

const HW3 = path.resolve('hw3')

describe('promtool', () => {
  const promtool = (script: string) => {
    const mounts = ['-v', `${HW3}:/hw3:ro`, '-v', `${HW3}/prometheus.yml:/etc/prometheus/prometheus.yml:ro`]
    const rules = ['-v', `${HW3}/prometheus/rules:/etc/prometheus/rules:ro`]
    return docker('run', '--rm', ...mounts, ...rules, 'patroni', 'sh', '-euc', script)
  }

  test('takes the configuration and the rules, and every alert fires when it should, and only then', async () => {
    await promtool(
      'promtool check config /etc/prometheus/prometheus.yml && promtool test rules /hw3/prometheus/tests/*.yml',
    )
  })

  test('sees an alert that comes too late', async () => {
    const plant = 'mkdir /tmp/p && cp -r /hw3/prometheus/* /tmp/p && sed -i "s/for: 3s/for: 9s/" /tmp/p/rules/*.yml'
    await expect(promtool(`${plant} && promtool test rules /tmp/p/tests/*.yml`)).rejects.toThrow(/PatroniNoLeader/)
  })
})
