# How long R's packages take for the draws that benches/draw.rs times.
#
# randomizr, blockrand and Minirand come from CRAN. To install them into a folder of their own,
# from R:
#
#     install.packages(c("randomizr", "blockrand", "Minirand"), lib = "peers")
#
# or from their sources, downloaded or checked out, in a shell:
#
#     mkdir peers
#     R CMD INSTALL --library=peers randomizr blockrand Minirand
#
# `KLERO_PEERS=$PWD/peers cargo bench --bench draw` writes the input, runs this script and prints
# the ratios. By hand: Rscript draw.R <folder with referrals.csv and minimised.csv> <library>
#
# Prints a line for each job, separated by tabs: peer, job, seconds of cores and on the clock (the
# least of some runs), `-`, and nothing; or peer, job and `missing`. Reading the files and making
# factors of their columns is not timed.
arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) != 2) stop("usage: Rscript draw.R FOLDER LIBRARY")
folder <- arguments[1]
.libPaths(c(arguments[2], .libPaths()))
set.seed(1)

arms <- c("a", "b", "c")

job <- function(peer, name, n, runs, work) {
  name <- sub("N", format(n, big.mark = ",", scientific = FALSE), name)
  if (!requireNamespace(peer, quietly = TRUE)) {
    cat(peer, name, "missing\n", sep = "\t")
    return(invisible())
  }
  suppressPackageStartupMessages(library(peer, character.only = TRUE))
  took <- replicate(runs, {
    time <- system.time(work())
    c(time[["user.self"]] + time[["sys.self"]], time[["elapsed"]])
  })
  cat(peer, name, format(min(took[1, ]), digits = 6), format(min(took[2, ]), digits = 6), "-", "",
      sep = "\t")
  cat("\n")
}

referrals <- read.csv(file.path(folder, "referrals.csv"), colClasses = "character")
stratum <- interaction(referrals[-1], drop = TRUE)

job("randomizr", "complete in 98 strata, N referrals", length(stratum), 5, function() {
  drawn <- block_ra(stratum, conditions = arms)
  stopifnot(length(drawn) == length(stratum))
})

# blockrand makes the list of one stratum at a call. It appends each block to vectors that it
# copies, so that a slot takes longer the more slots its stratum has: two sizes are timed.
for (n in c(100000, length(stratum))) {
  sizes <- table(stratum[seq_len(n)])
  job("blockrand", "permuted-blocks, N referrals one by one", n, if (n > 100000) 2 else 5, function() {
    # Blocks of 3, 6, 9 and 12.
    for (size in sizes) list <- blockrand(size, levels = arms, block.sizes = 1:4)
  })
}

# The loop of Minirand's own example. Each call counts all earlier referrals again, so that a draw
# takes longer the more were drawn: two sizes are timed.
minimised <- read.csv(file.path(folder, "minimised.csv"), colClasses = "character")
covariates <- sapply(minimised[-1], function(column) as.integer(factor(column)))
for (n in c(200, 2000)) {
  job("Minirand", "minimisation, N referrals one by one", n, if (n > 200) 3 else 5, function() {
    drawn <- rep(100, n)
    drawn[1] <- sample(1:3, 1)
    for (j in 2:n)
      drawn[j] <- Minirand(covmat = covariates, j, covwt = rep(1 / 4, 4), ratio = c(1, 1, 1),
                           ntrt = 3, trtseq = 1:3, method = "Range", result = drawn, p = 0.9)
    stopifnot(drawn %in% 1:3)
  })
}
