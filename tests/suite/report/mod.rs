mod figures;
mod gallery;
