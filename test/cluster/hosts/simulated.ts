import { runCommand } from '../../../src/docker/run-command.ts'

const SCRIPT = 'labs/hosts/simulate.sh'
const NAMES = ['host1', 'host2', 'host3']

/** Null where this machine can have simulated hosts; else why it cannot. */
export async function whyNoHosts(): Promise<string | null> {
  const { DOCKER_HOST, DOCKER_CONTEXT } = process.env
  if (DOCKER_HOST || DOCKER_CONTEXT) return 'the engine is on another machine, or not the usual one'
  for (const command of ['ssh', 'ssh-keygen', 'ssh-keyscan']) {
    if ((await runCommand('which', [command])).code !== 0) return `there is no ${command}`
  }
  // What such a host does first, with the rights that it has, and what carries its network.
  const first = 'mount -o remount,rw /proc/sys && ip link add chaoslab0 type vxlan id 1 dstport 4789'
  const rights = ['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--security-opt', 'seccomp=unconfined']
  const options = [...rights, '--security-opt', 'apparmor=unconfined', '--user', 'root', '--entrypoint', 'sh']
  const { code, stderr } = await runCommand('docker', ['run', '--rm', ...options, 'patroni', '-c', first])
  return code === 0 ? null : `no container here may be a host: ${stderr.trim()}`
}

/** As a user does it. @throws {Error} with what it said */
export async function simulate(what: 'up' | 'down'): Promise<void> {
  const { code, stdout, stderr } = await runCommand('bash', [SCRIPT, what])
  if (code !== 0) throw new Error(`${SCRIPT} ${what}: ${stdout}${stderr}`)
}

/** The engine of a host, asked as a user would. */
export async function askEngine(index: number, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await runCommand('docker', ['-H', `ssh://root@172.30.90.1${index}`, ...args])
  return `${stdout}${stderr}`.trim()
}

/** What of the hosts there is on this machine. */
export async function leftOfHosts(): Promise<string> {
  const filter = ['--filter', 'name=chaoslab-host']
  const all = [
    ['ps', '-aq', ...filter],
    ['volume', 'ls', '-q', ...filter],
    ['network', 'ls', '-q', ...filter],
    ['images', '-q', 'chaoslab-host'],
  ]
  return (await Promise.all(all.map(async (args) => (await runCommand('docker', args)).stdout))).join('')
}

/** Switches a host off or on as one whose power fails: everything on it stands still, its engine and SSH server too. */
export async function setFrozen(name: string, isFrozen: boolean): Promise<void> {
  if (!NAMES.includes(name)) throw new Error(`no host is called ${name}`)
  await runCommand('docker', [isFrozen ? 'pause' : 'unpause', `chaoslab-${name}`])
}
