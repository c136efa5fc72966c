/** Meshes under virtual time: the same core that laptops run (architecture §8). */
export { Contact, type ContactOptions } from './contact.js';
export { Mesh, type MeshOptions } from './mesh.js';
export { SimNode, type SimNodeOptions } from './sim-node.js';
export { VirtualTime } from './virtual-time.js';
