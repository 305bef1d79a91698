import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family'>[] | undefined>>

/**
 * This machine's own address in a network of Docker, which its containers reach the machine by: the address of an
 * interface that begins with `prefix`, e.g. `172.30.77`. Null when there is none: the network is not up, or the engine
 * runs elsewhere (in a virtual machine, on another host).
 */
export function gatewayIn(prefix: string, interfaces: Interfaces = networkInterfaces()): string | null {
  const all = Object.values(interfaces).flatMap((each) => each ?? [])
  const found = all.find(({ family, address }) => family === 'IPv4' && address.startsWith(`${prefix}.`))
  return found?.address ?? null
}
