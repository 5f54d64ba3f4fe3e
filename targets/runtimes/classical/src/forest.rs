//! A decision forest: trees whose leaves say how probable each class is, averaged over the trees.

use crate::error::ModelError;
use crate::features::FEATURES;

/// Most classes of a forest.
pub const MAX_CLASSES: usize = 32;

/// Most trees of a forest.
pub(crate) const MAX_TREES: usize = 256;

/// In a node's place for a feature: the node is a leaf.
const LEAF: u8 = 0xFF;

/// A forest, checked: every path through a tree ends at a leaf, and every index is in range.
#[derive(Clone, Copy, Debug)]
pub struct Forest<'a> {
    classes: usize,
    /// Nodes of each tree, little-endian.
    sizes: &'a [[u8; 2]],
    nodes: &'a [[u8; 4]],
    /// A probability in units of 1/255 for each leaf and class.
    leaves: &'a [u8],
}

/// A node: an inner one, whose left child is the next node, or a leaf.
#[derive(Clone, Copy)]
enum Node {
    /// Goes left if `feature` is at most `threshold`, otherwise `right` nodes ahead.
    Inner {
        feature: u8,
        right: u8,
        threshold: i16,
    },
    Leaf(u16),
}

impl Node {
    #[inline(always)]
    fn read(bytes: [u8; 4]) -> Self {
        let word = u32::from_le_bytes(bytes);
        let feature = word as u8;
        let value = (word >> 16) as u16;
        if feature == LEAF {
            Self::Leaf(value)
        } else {
            Self::Inner {
                feature,
                right: (word >> 8) as u8,
                threshold: value.cast_signed(),
            }
        }
    }
}

impl<'a> Forest<'a> {
    /// Takes the tables of a model file and checks all of them. `leaves` has a whole number of
    /// times `classes` bytes.
    pub(crate) fn new(
        classes: usize,
        sizes: &'a [[u8; 2]],
        nodes: &'a [[u8; 4]],
        leaves: &'a [u8],
    ) -> Result<Self, ModelError> {
        let forest = Self {
            classes,
            sizes,
            nodes,
            leaves,
        };
        let found: u32 = forest.sizes().map(|size| size as u32).sum();
        if found != nodes.len() as u32 {
            let nodes = nodes.len() as u32;
            return Err(ModelError::TreeSizes { found, nodes });
        }
        let mut start = 0;
        for size in forest.sizes() {
            forest.check_tree(start, start + size)?;
            start += size;
        }
        Ok(forest)
    }

    fn sizes(&self) -> impl Iterator<Item = usize> {
        self.sizes
            .iter()
            .map(|&size| u16::from_le_bytes(size).into())
    }

    /// Checks the tree whose nodes are `start..end`.
    fn check_tree(&self, start: usize, end: usize) -> Result<(), ModelError> {
        let leaf_count = self.leaves.len() / self.classes;
        let structure = |node: usize| ModelError::Structure { node: node as u32 };
        if self.subtree_end(start, end) != Some(end) {
            return Err(structure(start));
        }
        for index in start..end {
            let node = index as u32;
            match Node::read(self.nodes[index]) {
                Node::Leaf(leaf) if usize::from(leaf) >= leaf_count => {
                    return Err(ModelError::Leaf { node, leaf });
                }
                Node::Leaf(_) => {}
                Node::Inner { feature, .. } if usize::from(feature) >= FEATURES => {
                    return Err(ModelError::Feature { node, feature });
                }
                Node::Inner { right, .. } => {
                    let right = index + usize::from(right);
                    if self.subtree_end(index + 1, end) != Some(right) || right >= end {
                        return Err(structure(index));
                    }
                }
            }
        }
        Ok(())
    }

    /// One past the last node of the subtree at `start`, all of whose nodes lie before `end`. In
    /// the order of the file a node is followed by its left subtree, then by its right one, so
    /// this doesn't depend on where nodes say that their children are.
    fn subtree_end(&self, start: usize, end: usize) -> Option<usize> {
        let mut missing = 1_usize;
        for index in start..end {
            missing = match Node::read(self.nodes[index]) {
                Node::Leaf(_) => missing - 1,
                Node::Inner { .. } => missing + 1,
            };
            if missing == 0 {
                return Some(index + 1);
            }
        }
        None
    }

    /// Classes the forest tells apart.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Thresholds of the inner nodes and probabilities of the leaves.
    pub fn parameters(&self) -> u64 {
        let inner = |node: &&[u8; 4]| matches!(Node::read(**node), Node::Inner { .. });
        (self.nodes.iter().filter(inner).count() + self.leaves.len()) as u64
    }

    /// The probability of each class in units of 1/255, less 128: the mean over the trees, rounded
    /// to nearest, halves upwards. `output` has one place a class.
    pub fn classify(&self, features: &[i16; FEATURES], output: &mut [u8]) {
        let mut sums = [0_u32; MAX_CLASSES];
        let mut start = 0;
        for size in self.sizes() {
            let leaf = self.leaf(start, features) * self.classes;
            let probabilities = self.leaves.get(leaf..leaf + self.classes);
            for (sum, &probability) in sums.iter_mut().zip(probabilities.unwrap_or_default()) {
                *sum += u32::from(probability);
            }
            start += size;
        }
        let trees = self.sizes.len() as u32;
        for (output, sum) in output.iter_mut().zip(sums) {
            *output = ((sum + trees / 2) / trees).wrapping_sub(128) as u8;
        }
    }

    /// The leaf that `features` lead to in the tree whose first node is `start`.
    fn leaf(&self, start: usize, features: &[i16; FEATURES]) -> usize {
        let mut at = start;
        loop {
            // The check has made sure that both are there.
            let Some(&node) = self.nodes.get(at) else {
                return 0;
            };
            match Node::read(node) {
                Node::Leaf(leaf) => return leaf.into(),
                Node::Inner {
                    feature,
                    right,
                    threshold,
                } => {
                    let value = features.get(usize::from(feature)).copied();
                    at += match value.unwrap_or_default() <= threshold {
                        true => 1,
                        false => usize::from(right),
                    };
                }
            }
        }
    }
}
