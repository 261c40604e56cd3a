"""scikit-learn's half of bench_mlp: python3 peer_mlp.py FOLDER time|agree ROWS DIM MODELS HIDDEN EPOCHS

time: one MLPRegressor after another, as RouterBench's routers/mlp_router.py makes them (float64, batches of 200,
shuffled); prints the processor's seconds for an epoch of all models.
agree: the first model without shuffling from the start in FOLDER; prints its predictions for the first 1,000 rows."""
import sys
import time
import warnings

import numpy as np
from sklearn.neural_network import MLPRegressor

folder, what = sys.argv[1:3]
rows, dim, models, hidden, epochs = (int(a) for a in sys.argv[3:])
x = np.fromfile(folder + "/mlp_x.f32", np.float32).reshape(rows, dim).astype(np.float64)
y = np.fromfile(folder + "/mlp_y.f32", np.float32).reshape(rows, models).astype(np.float64)
warnings.simplefilter("ignore")


def new(**more):
    return MLPRegressor(hidden_layer_sizes=(hidden,), max_iter=epochs, random_state=1234, activation="relu", learning_rate="constant",
                        learning_rate_init=0.001, tol=0, n_iter_no_change=10**6, **more)


if what == "time":
    start = time.process_time()
    for m in range(models):
        new().fit(x, y[:, m])
    print((time.process_time() - start) / epochs)
else:
    m = new(shuffle=False, warm_start=True)
    m.max_iter = 1
    m.fit(x, y[:, 0])
    w = np.fromfile(folder + "/mlp_start.f32", np.float32).astype(np.float64)
    m.coefs_ = [w[:hidden * dim].reshape(hidden, dim).T.copy(), w[hidden * dim + hidden:-1].reshape(hidden, 1).copy()]
    m.intercepts_ = [w[hidden * dim:hidden * dim + hidden].copy(), w[-1:].copy()]
    m.max_iter, m.n_iter_, m.t_ = epochs, 0, 0
    m.fit(x, y[:, 0])
    print("\n".join(repr(float(v)) for v in m.predict(x[:1000])))
