# Randomisation tests by R: exact p of the difference by coin, studentised by listing every draw
# with t.test and estimatr; cluster-robust errors by sandwich, arm by arm.
#   Rscript redraw.R > redraw.csv
suppressMessages({library(coin); library(estimatr); library(sandwich)})
n17 <- function(x) ifelse(is.na(x), "", formatC(as.numeric(x), digits = 17, format = "g", width = 1))
joined <- function(x) paste(n17(x), collapse = " ")
cat("case,arm,stratum,cluster,values,estimate,std_error,statistic,p_difference,p_studentised\n")
row <- function(case, arm, stratum, cluster, values, estimate, error, p_difference, p_studentised)
  cat(sprintf("%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", case, joined(arm), joined(stratum),
              joined(cluster), joined(values), n17(estimate), n17(error), n17(estimate / error),
              n17(p_difference), n17(p_studentised)))

# One complete draw: every choice of the arm, Welch's t.
one_draw <- function(case, y, z) {
  welch <- function(chosen) unname(t.test(y[chosen], y[-chosen])$statistic)
  observed <- abs(welch(which(z == 1)))
  all <- abs(combn(length(y), sum(z), welch))
  exact <- pvalue(oneway_test(y ~ factor(z, levels = c(1, 0)), distribution = "exact"))
  e <- difference_in_means(y ~ z, data = data.frame(y, z))
  stopifnot(abs(abs(e$statistic) - observed) < 1e-9)
  row(case, z, 0 * z, seq_along(z), y, e$coefficients, e$std.error, exact,
      mean(all >= observed * (1 - 1e-9)))
}
one_draw("sleep", sleep$extra[c(1:7, 11:17)], rep(0:1, each = 7))
one_draw("plants", PlantGrowth$weight[c(1:6, 11:16)], rep(0:1, each = 6))
one_draw("unequal", mtcars$mpg[1:14], c(1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0))
one_draw("shares", c(1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1), rep(1:0, each = 7))

# Six blocks of four plots, two of them with nitrogen: 6^6 draws.
y <- npk$yield; z <- as.numeric(as.character(npk$N)); b <- as.numeric(npk$block)
halves <- lapply(1:6, function(k) {
  yk <- y[b == k]
  combn(4, 2, function(i) c(mean(yk[i]) - mean(yk[-i]), var(yk[i]) / 2 + var(yk[-i]) / 2))
})
draws <- expand.grid(rep(list(1:6), 6))
d <- v <- 0
for (k in 1:6) { d <- d + halves[[k]][1, draws[, k]] / 6; v <- v + halves[[k]][2, draws[, k]] / 36 }
e <- difference_in_means(y ~ z, blocks = b, data = data.frame(y, z, b))
t <- e$coefficients / e$std.error
exact <- pvalue(oneway_test(y ~ factor(z, levels = c(1, 0)) | factor(b), distribution = "exact"))
stopifnot(abs(exact - mean(abs(d) >= abs(e$coefficients) * (1 - 1e-9))) < 1e-12)
row("nitrogen", z, b - 1, seq_along(z), y, e$coefficients, e$std.error, exact,
    mean(abs(d / sqrt(v)) >= abs(t) * (1 - 1e-9)))

# Clusters of unequal size: each arm's mean with its cluster-robust variance, G/(G - 1).
chicks <- subset(ChickWeight, Diet %in% c(1, 2))
parts <- lapply(c(2, 1), function(diet) {
  one <- droplevels(subset(chicks, Diet == diet))
  fit <- lm(weight ~ 1, one)
  c(coef(fit), vcovCL(fit, cluster = one$Chick, type = "HC0", cadjust = TRUE))
})
row("chicks", as.numeric(chicks$Diet) - 1, 0 * chicks$weight, as.numeric(as.character(chicks$Chick)),
    chicks$weight, parts[[1]][1] - parts[[2]][1], sqrt(parts[[1]][2] + parts[[2]][2]), NA, NA)
