/** Where processes listen: what `ss -ltn` shows, read from where it reads. On Linux alone. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** In /proc/net/tcp and tcp6, as the kernel writes them: 127.x.x.x, ::1, and the first as IPv6. */
const LOOPBACK = /^([\dA-F]{6}7F|0{24}01000000|0{16}FFFF0000[\dA-F]{6}7F)$/;
const LISTENS = '0A';

export const canTell = existsSync('/proc/net/tcp');

/** The sockets on which these processes wait for callers: how many, and the addresses that are not loopback. */
export function listening(pids: number[]): { sockets: number; beyond: string[] } {
  const theirs = new Set(pids.flatMap(socketsOf));
  const found = ['tcp', 'tcp6']
    .flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state === LISTENS && theirs.has(inode))
    .map(([, address = '']) => address);
  return {
    sockets: found.length,
    beyond: found.filter((address) => !LOOPBACK.test(address.split(':')[0] ?? '')),
  };
}

/** The inodes of a process's sockets; none when it has ended meanwhile. */
function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      return inode ? [inode] : [];
    });
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
