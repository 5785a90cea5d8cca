"""Country packs: folders of data, read whole and checked before anything is drawn from them."""
